ARG LOWER=base
FROM scratch AS base
ARG VERSION=1.0
ARG NAME=world UNSET
ARG GREETING="hello $NAME"
ENV APP_VERSION=$VERSION PATH=/opt/bin:$PATH
ENV LEGACY two words
ENV FOO=env
ARG FOO=arg
LABEL org.example.title="An app" org.example.version=${APP_VERSION:-none}
MAINTAINER someone <someone@example.org>
VOLUME /data /logs
STOPSIGNAL SIGQUIT
COPY sh /bin/sh
RUN echo "$FOO $GREETING"
WORKDIR sub/dir
COPY a.txt folder ./x/
COPY a.txt ..
SHELL ["/bin/sh", "-e", "-c"]
CMD run "me"
ENTRYPOINT ["/bin/entry", "a\"b"]
ONBUILD COPY . /app
ONBUILD ENV Q=r

FROM ${LOWER:-scratch}
ENTRYPOINT exec top
USER 5:6
WORKDIR ../other
WORKDIR /
