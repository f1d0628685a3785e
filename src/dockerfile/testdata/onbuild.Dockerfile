FROM alpine:3.20 AS tools
RUN make tools

FROM onbuild:1
RUN after
