FROM alpine AS other
FROM other AS base
ARG MODE=u=rwX,go=rX
ARG SKIP=*.log
COPY --chmod=$MODE --chown=app src /app/
COPY --chmod=4755 --exclude=$SKIP --exclude=!keep.log . /all
COPY --parents ./x/a.txt y/**/*.c /out/
COPY --parents deep/./in*/*.txt /out/
COPY --parents=true --from=other /etc/passwd .
ADD --unpack=false a.tar /tars/
ADD --exclude=docs a.tar b /
