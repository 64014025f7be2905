/* SPDX-License-Identifier: Apache-2.0 */
#include "server/metrics.h"

#include "server/process.h"
#include "server/prometheus.h"
#include "server/sink.h"
#include "server/tls.h"

static void write_expiry(struct builder *out, const struct tls_facts *facts) {
        static const char name[] = "function_gpu_placement_certificate_expiry_timestamp_seconds";
        const struct {
                const char *file;
                int64_t seconds;
        } rows[] = {
                { "tls.crt", facts->certificate_expiry_seconds },
                { "ca.crt", facts->ca_expiry_seconds },
        };

        prometheus_head(out, name, "gauge", "When the certificate in use ends; of a CA the first.");
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const struct label label = { "file", text_from(rows[i].file) };

                prometheus_number(out, &(struct series) { name, &label, 1 }, rows[i].seconds);
        }
}

static void write_tls(struct builder *out, struct tls *tls) {
        struct tls_facts facts;

        tls_facts(tls, &facts);
        write_expiry(out, &facts);
        prometheus_single(out, "function_gpu_placement_certificate_reloads_total", "counter",
                          "Times that changed certificates were taken into use.",
                          (int64_t)facts.n_reloads);
        prometheus_single(out, "function_gpu_placement_certificate_reload_failures_total",
                          "counter", "Times that changed certificates could not be used.",
                          (int64_t)facts.n_reload_failures);
        prometheus_single(out, "function_gpu_placement_clients_refused_total", "counter",
                          "Connections refused for the client's certificate.",
                          (int64_t)facts.n_refused);
}

static void write_build(struct builder *out, const char *version) {
        const struct label label = { "version", text_from(version) };
        const struct series series = { "function_gpu_placement_build_info", &label, 1 };

        prometheus_head(out, series.name, "gauge", "The version that runs.");
        prometheus_number(out, &series, 1);
}

void metrics_write(const struct metrics *m, struct builder *out) {
        counters_write(m->stats, out);
        if (m->tls)
                write_tls(out, m->tls);
        prometheus_single(out, "function_gpu_placement_log_lines_dropped_total", "counter",
                          "Lines that the log's reader was too slow for.",
                          (int64_t)sink_n_dropped());
        write_build(out, m->version);
        process_write(m->stats->started_seconds, out);
}
