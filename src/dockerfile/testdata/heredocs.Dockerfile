FROM alpine
ARG WHO=world
RUN <<EOF
echo "hello $WHO"
echo again
EOF
RUN <<-"END"
		#!/bin/cat
	one
	END
RUN --network=none <<-PY
	#!/usr/bin/env python3
	print("it's $WHO")
	PY
RUN 3<<FD
true
FD
RUN cat <<A > /a && cat <<-'B' > /b
a $WHO
A
	b
	B
COPY <<one <<-"two" plain.txt /etc/conf/
${WHO} \$WHO "quoted" it's ${NONE:-none}
one
	$WHO
two
COPY --chmod=755 --chown=app <<E\OF /script
raw $WHO
EOF
ADD <<EMPTY /empty
EMPTY
ONBUILD RUN <<X
later
X
ONBUILD COPY <<Y /y
	y $WHO
Y
