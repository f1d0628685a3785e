FROM --platform=$BUILDPLATFORM golang:1.23 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app
WORKDIR /out

FROM alpine:3.20 AS unused
RUN false

FROM scratch
COPY --from=build /out/app /app
COPY --from=busybox:1.36 /bin/sh /bin/sh
USER 1000:1000
ENTRYPOINT ["/app"]
