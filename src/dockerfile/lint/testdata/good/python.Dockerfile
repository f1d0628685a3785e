FROM python:3.12-slim AS base
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /app

FROM base AS build
RUN apt-get update \
    # headers for the packages that have C in them
    && apt-get install -y --no-install-recommends build-essential libpq-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN pip wheel --wheel-dir /wheels -r requirements.txt

FROM base
COPY --from=build /wheels /wheels
RUN pip install /wheels/* && rm -rf /wheels
COPY . .
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENTRYPOINT ["python", "-m", "app"]
