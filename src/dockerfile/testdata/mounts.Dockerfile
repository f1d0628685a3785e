FROM alpine AS tools
RUN make

FROM debian AS build
ARG SUB=lib
ARG UID=1000
WORKDIR /src
RUN --mount=target=. --mount=type=cache,target=/root/.cache make
RUN --mount=type=bind,source=$SUB/$TARGETARCH,target=/lib --mount=from=tools,src=/out,dst=/tools,rw make lib
RUN --mount=type=bind,from=busybox,target=/bb --mount=type=tmpfs,target=/tmp,size=64m test
RUN --mount=type=cache,id=npm,target=node_modules,sharing=locked,mode=0775,uid=$UID,gid=5 npm ci
RUN --mount=type=cache,target=/pip,from=tools,source=/cache,sharing=private,ro pip
RUN --mount=type=secret,id=token --mount=type=secret,id=aws,target=/root/.aws,required,mode=0440,uid=$UID login
RUN --mount=type=secret,id=key,env=KEY --mount=type=secret,source=both,env=BOTH,target=file echo "$KEY"
RUN --mount=type=ssh --mount=type=ssh,id=work,required,uid=$UID --mount=type=ssh,id=third,target=agent,mode=0666 git clone
RUN --security=insecure --device=acme.com/gpu=0 --device=name=acme.com/gpu=all,required nvidia-smi
