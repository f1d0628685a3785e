# syntax=docker/dockerfile:1
FROM alpine:3.20
WORKDIR /src
COPY . .
RUN make
CMD ["./app"]
