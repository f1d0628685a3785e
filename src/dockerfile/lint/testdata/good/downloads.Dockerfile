FROM debian:12-slim
ARG TARGETARCH
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*
RUN set -eux; \
    case "$TARGETARCH" in \
      amd64) arch=x86_64 ;; \
      arm64) arch=aarch64 ;; \
      arm) arch=armv7 ;; \
      *) echo "unsupported: $TARGETARCH" >&2; exit 1 ;; \
    esac; \
    curl -fsSL "https://example.com/tool-1.2-$arch-unknown-linux-gnu.tar.gz" | tar -xzC /usr/local/bin
RUN dpkgArch="$(dpkg --print-architecture)" && curl -fsSLo /usr/local/bin/gosu "https://example.com/gosu-$dpkgArch" && chmod +x /usr/local/bin/gosu
RUN ARCH= && case "$(uname -m)" in x86_64) ARCH='x64';; aarch64) ARCH='arm64';; *) ARCH='armv7l';; esac \
  && curl -fsSLO "https://nodejs.org/dist/v20.0.0/node-v20.0.0-linux-$ARCH.tar.xz"
RUN install -m 0755 -d /etc/apt/keyrings \
  && curl -fsSL https://download.docker.com/linux/debian/gpg -o /etc/apt/keyrings/docker.asc \
  && echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable" > /etc/apt/sources.list.d/docker.list
CMD ["tool"]
