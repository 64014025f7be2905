# SPDX-License-Identifier: Apache-2.0
#
# The function's image: the program, the libraries that it loads, their licences and a list of what
# is in it (SPDX), nothing else. No shell, no package manager, no writable path; any uid may run it.
#
#   docker build -t function-gpu-placement .
#   docker run --rm -i function-gpu-placement mig H100
#
# ARCH may be another than the machine's: it is compiled across. BASE is any Debian 12, by digest
# where the registry has one: package/debian.lock pins what is taken of it and what is installed, so
# that equal sources give an equal image. MIRROR and LOCK are those of package/build-image.

ARG BASE=docker.io/library/debian:12
FROM ${BASE} AS build
ARG ARCH=amd64
ARG SOURCE_DATE_EPOCH=0
ARG MIRROR=
ARG LOCK=yes
COPY . /src
RUN SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} MIRROR=${MIRROR} LOCK=${LOCK} /src/package/build-image ${ARCH} /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["/function-gpu-placement"]
