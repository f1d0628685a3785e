FROM --platform=$BUILDPLATFORM golang:1.22 AS build
RUN apt-get update && apt-get install -y unzip \
 && curl -fsSLo /tmp/protoc.zip "https://example.com/protoc-27.1-linux-$(uname -m).zip" && unzip /tmp/protoc.zip -d /usr/local
RUN curl -fsSLo /usr/local/bin/buf https://example.com/buf-Linux-x86_64 && chmod +x /usr/local/bin/buf
WORKDIR /src
COPY . .
RUN make proto
ARG TARGETARCH
RUN GOARCH=$TARGETARCH go build -o /server .
FROM gcr.io/distroless/static:nonroot
COPY --from=build /server /server
ENTRYPOINT ["/server"]
