ARG VERSION=1.0
FROM debian:12 AS base
ARG VERSION
ARG NAME=world GREETING="hello $NAME" UNSET
ENV APP_VERSION=$VERSION PATH=/opt/bin:$PATH
ENV LEGACY two words
LABEL org.example.title="An app" org.example.version=$APP_VERSION
MAINTAINER someone <someone@example.org>
EXPOSE 8080 9000-9002/udp 53/UDP
VOLUME /data /logs
VOLUME ["/cache", "/data"]
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=1m30s --timeout=1500ms --retries=3 CMD curl -f http://localhost/ || exit 1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN echo "$GREETING, $HOME" | tee /greeting
CMD run "me"
ENTRYPOINT ["/bin/entry", "a\"b"]
ONBUILD COPY --chown=$UID . /app
ONBUILD RUN make install

FROM base
ENTRYPOINT exec top
USER app:staff
WORKDIR sub/dir
WORKDIR ../other
WORKDIR /
