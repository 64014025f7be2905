# SPDX-License-Identifier: Apache-2.0
#
# The function's image: the program and the libraries that it loads, nothing else. No
# shell, no package manager, no writable path; any uid may run it.

FROM debian:12 AS build
COPY . /src
WORKDIR /src
RUN script/bootstrap \
 && meson setup /build --buildtype=release -Dtests=disabled \
 && ninja -C /build function-gpu-placement \
 && package/assemble-image /build/function-gpu-placement /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["/function-gpu-placement"]
