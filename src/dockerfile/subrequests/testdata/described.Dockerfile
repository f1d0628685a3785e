# syntax=docker/dockerfile:1
# VERSION is that of the program
ARG VERSION=1.2
# BASE is what all stands on
ARG BASE=alpine:${ALPINE_VERSION:-3}
ARG ALPINE_VERSION=3.20
ARG UNUSED=x
ARG NAME_OF_TARGET=linux

# an unrelated comment

# base has what all stages share
FROM --platform=$NAME_OF_TARGET/amd64 ${BASE} AS base-amd64
ARG BUILDPLATFORM

# build compiles it
#
FROM base-amd64 AS build
ARG VERSION
# FLAGS go to the compiler
# check=skip=SecretsUsedInArgOrEnv
ARG FLAGS="-O2 $VERSION" EXTRA

FROM golang:1.22 AS unused
ARG NEVER=1

# release is what is shipped
FROM scratch AS release
COPY --from=build /a /a
