# SPDX-License-Identifier: Apache-2.0
#
# The function's image: the program, the libraries that it loads and a list of what is in it
# (SPDX), nothing else. No shell, no package manager, no writable path; any uid may run it.
#
# ARCH may be another than the machine's: it is compiled across. script/package builds with it.

ARG BASE=docker.io/library/debian:12
FROM ${BASE} AS build
ARG ARCH=amd64
ARG SOURCE_DATE_EPOCH=0
COPY . /src
RUN SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} /src/package/build-image ${ARCH} /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["/function-gpu-placement"]
