# mgtwin with everything under permissive licences: docker build -t mgtwin . && docker run --rm -v "$PWD:/work" mgtwin run paper
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir "$(ls /wheels/mgtwin-*.whl)[all]" && rm -r /wheels \
    && useradd --create-home scientist && mkdir /work && chown scientist /work
USER scientist
WORKDIR /work
ENTRYPOINT ["mgtwin"]
CMD ["--help"]
