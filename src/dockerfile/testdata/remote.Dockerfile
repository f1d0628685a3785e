FROM scratch
ARG VERSION=1.2
ADD --chmod=755 https://host/tool-$VERSION /bin/
ADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --unpack https://user:secret@host/files.tgz /opt/
ADD https://host/ local.txt git@host:team/repository.git?branch=main /all/
ADD --keep-git-dir --checksum=0123456789 https://host/repository.git#v1:docs /docs
