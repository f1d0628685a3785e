# escape=`
FROM alpine:3.20
COPY a`
 b /c/
RUN echo `
    # a comment
    "C:\$HOME"
