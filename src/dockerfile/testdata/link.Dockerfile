FROM alpine AS base
COPY --link a.txt rel/
WORKDIR /w
COPY --link=true --chown=1:2 g /b/
COPY --link --chmod=644 c /c
COPY --link=false d /d
ADD --link --exclude=x e.tar /e
COPY --link <<EOF /f
text
EOF
FROM scratch
COPY --link --from=base /w /
