FROM alpine:3.20
ARG VERSION=1.0
LABEL org.opencontainers.image.title="tools" \
      org.opencontainers.image.version="${VERSION}"
RUN apk add --no-cache bash curl jq \
 && if [ "$(apk --print-arch)" = x86_64 ]; then apk add --no-cache libc6-compat; fi
COPY <<EOT /etc/motd
made by $VERSION
EOT
VOLUME /data
STOPSIGNAL SIGTERM
CMD ["bash"]
