FROM --platform=$BUILDPLATFORM debian:12 AS build
RUN dpkg --add-architecture arm64 && dpkg --add-architecture armhf && apt-get update \
 && apt-get install -y gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf libssl-dev:arm64 libssl-dev:armhf libssl-dev gcc make
ARG TARGETARCH
COPY . /src
RUN cd /src && case $TARGETARCH in arm64) CC=aarch64-linux-gnu-gcc;; arm) CC=arm-linux-gnueabihf-gcc;; *) CC=gcc;; esac && make CC=$CC
FROM debian:12-slim
COPY --from=build /src/app /usr/local/bin/app
CMD ["app"]
