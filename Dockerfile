# defocus as an image: docs/containers.md says how to use it.
#
#     docker build -t defocus .                           # the command, the studio, batches
#     docker build -t defocus-cluster --target cluster .  # the same with Ray

ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/build.lock requirements/
RUN pip install --require-hashes -r requirements/build.lock
COPY pyproject.toml CMakeLists.txt README.md LICENSE ./
COPY src src
RUN pip wheel --no-deps --no-build-isolation -w /wheels .

FROM python:${PYTHON} AS environment
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/defocus
COPY requirements/image.lock /requirements/
RUN /opt/defocus/bin/pip install --require-hashes -r /requirements/image.lock
COPY --from=build /wheels /wheels
RUN /opt/defocus/bin/pip install --no-deps /wheels/*.whl

FROM environment AS cluster-environment
COPY requirements/cluster.lock /requirements/
RUN /opt/defocus/bin/pip install --require-hashes -r /requirements/cluster.lock

FROM python:${PYTHON} AS base
RUN useradd --uid 1000 --create-home defocus \
    && mkdir /state /cache /photos \
    && chown defocus /state /cache /photos
ENV PATH=/opt/defocus/bin:$PATH PYTHONDONTWRITEBYTECODE=1 DEFOCUS_STATE=/state DEFOCUS_CACHE=/cache
WORKDIR /photos

FROM base AS cluster
# Ray's launcher copies its files by rsync.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends rsync \
    && rm -rf /var/lib/apt/lists/*
COPY --from=cluster-environment /opt/defocus /opt/defocus
USER 1000
CMD ["bash"]

FROM base AS defocus
COPY --from=environment /opt/defocus /opt/defocus
USER 1000
ENTRYPOINT ["defocus"]
CMD ["--help"]
