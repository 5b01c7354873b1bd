# The service alone: answers pictures over HTTP. No PyTorch, not root, writes nothing but to /tmp.
#
#   docker build -t oxmark .
#   docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 \
#     -v ./models:/models:ro -v ./token.txt:/run/secrets/token:ro oxmark /models/marks.onnx
#
# docs/deploy.md tells the rest.
FROM python:3.12-slim AS build
COPY constraints.txt pyproject.toml README.md LICENSE /src/
COPY src /src/src
RUN python -m venv /opt/oxmark \
 && /opt/oxmark/bin/pip install --no-cache-dir --constraint /src/constraints.txt '/src[web]'

FROM python:3.12-slim
COPY --from=build /opt/oxmark /opt/oxmark
RUN useradd --system --uid 10001 --no-create-home oxmark
USER 10001
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/opt/oxmark/bin/python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/v2/health/ready', timeout=2)"]
ENTRYPOINT ["/opt/oxmark/bin/oxmark", "serve", "--host", "0.0.0.0", "--port", "8000", \
  "--token-file", "/run/secrets/token"]
CMD ["builtin"]
