# A small image that runs as nobody: docker build -t driftgauge .
#
# The state, if there is any, wants a volume; everything else may be read-only.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock LICENSE-APACHE LICENSE-MIT NOTICE README.md ./
COPY benches benches
COPY examples examples
COPY src src
RUN cargo build --release --locked --bin driftgauge

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="driftgauge" \
      org.opencontainers.image.description="Drift and performance of a model from its prediction log, as Prometheus metrics" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT"
COPY --from=build /src/target/release/driftgauge /usr/bin/driftgauge
COPY --from=build /src/LICENSE-APACHE /src/LICENSE-MIT /src/NOTICE /usr/share/doc/driftgauge/
USER 65532:65532
EXPOSE 9877
ENTRYPOINT ["/usr/bin/driftgauge"]
CMD ["run", "--config", "/etc/driftgauge/driftgauge.toml"]
