# The pipelines in a container; docs/shipping.md says how it is built and run.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS package
WORKDIR /source
COPY requirements.lock ./
# The locked tools build the package, so that what is built does not depend on the day.
RUN grep -E '^(setuptools|wheel|packaging)==' requirements.lock > tools.txt \
    && pip install --no-cache-dir --disable-pip-version-check -r tools.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:${PYTHON}-slim
# Or requirements-gpu.lock with TENSORFLOW=tensorflow, on a machine with the NVIDIA container toolkit.
ARG LOCK=requirements.lock
# The same TensorFlow without its GPU kernels; headers to write kernels of one's own are left out, too.
ARG TENSORFLOW=tensorflow-cpu
COPY ${LOCK} /tmp/lock.txt
RUN sed -i "s/^tensorflow==/${TENSORFLOW}==/" /tmp/lock.txt \
    && pip install --no-cache-dir --no-compile --disable-pip-version-check -r /tmp/lock.txt \
    && rm -r /tmp/lock.txt "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/tensorflow/include"
COPY --from=package /wheels /tmp/wheels
RUN pip install --no-cache-dir --no-index --no-deps --disable-pip-version-check /tmp/wheels/*.whl \
    && useradd --create-home --uid 1000 tumourflow \
    && mkdir /project \
    && chown tumourflow /project
COPY conf /opt/tumourflow/conf
# Whatever user the container is given, libraries find a place for their caches; and the user has a name.
ENV HOME=/tmp \
    USER=tumourflow \
    KEDRO_LOGGING_CONFIG=/opt/tumourflow/conf/logging.yml
USER 1000
WORKDIR /project
ENTRYPOINT ["python", "-m", "tumourflow", "--conf-source=/opt/tumourflow/conf"]
CMD ["--help"]
