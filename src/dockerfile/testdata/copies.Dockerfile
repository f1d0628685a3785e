FROM alpine:3.20 AS files
RUN touch /etc/a

FROM files AS next
ARG DIR=target
WORKDIR /work
USER builder
COPY a.txt b.txt ./$DIR
COPY --chown=app:app --chmod=0640 *.conf /etc/app/
ADD archive.tar.gz data\ set /srv
COPY --from=0 /etc/a .
COPY --from=files /etc/a ..
COPY --from=FILES ["/with space", "/etc/b", "/x/"]
add --chown=:42 c.txt d.txt /
RUN --network=none ["true"]
RUN --network=host --security=sandbox true
