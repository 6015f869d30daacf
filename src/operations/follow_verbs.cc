// follow, follow status, follow dead, follow move.

#include <fmt/format.h>

#include <cstdlib>

#include "base/clock.h"
#include "client/nats/stream.h"
#include "follow/embedded_server.h"
#include "follow/follow.h"
#include "follow/move_stream.h"
#include "migrate/ticker.h"
#include "operations/session.h"

namespace sluice {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void set_where_empty(std::filesystem::path& path, const std::filesystem::path& given,
                     const char* variable) {
  path = given.empty() ? std::filesystem::path(environment(variable)) : given;
}

// What the URL says counts, then options, then the environment.
Result<nats::ServerPlace> servers_of(const NatsOptions& options) {
  TRY_ASSIGN(nats::ServerPlace place, nats::parse_servers(options.servers));
  if (place.user.empty() && place.token.empty()) {
    place.user = environment("NATS_USER");
    place.password = Secret(environment("NATS_PASSWORD"));
    place.token = Secret(environment("NATS_TOKEN"));
  }
  set_where_empty(place.credentials, options.credentials, "NATS_CREDS");
  set_where_empty(place.ca, options.ca, "NATS_CA");
  set_where_empty(place.certificate, options.certificate, "NATS_CERT");
  set_where_empty(place.key, options.key, "NATS_KEY");
  return place;
}

// The servers of a command, one of sluice's own among them: it ends with this object.
struct Servers {
  std::unique_ptr<follow::EmbeddedServer> own;
  nats::ServerPlace place;
};

Result<Servers> open_servers(const Sluice::Impl& impl, const NatsOptions& options) {
  Servers out;
  TRY_ASSIGN(const auto port, follow::embedded_port(options.servers));
  if (!port) {
    TRY_ASSIGN(out.place, servers_of(options));
    return out;
  }
  TRY_ASSIGN(out.own, follow::EmbeddedServer::start(impl.settings.state_folder, *port));
  out.place = out.own->place();
  return out;
}

TableName table_name(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return {"", text};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

struct OpenTarget {
  std::string display;
  std::unique_ptr<follow::FollowTarget> target;
};

Result<OpenTarget> target_of(Sluice::Impl& impl, const FollowOptions& options) {
  TRY_ASSIGN(const Place place, impl.place(options.target));
  TRY_ASSIGN(Engine* const engine, impl.engine());
  const follow::TargetSetting setting{place.location, table_name(options.table), engine,
                                      impl.settings.state_folder, options.wait};
  OpenTarget out;
  out.display = place.location.display();
  const std::string& kind = place.location.kind;
  if (kind == "duckdb") {
    TRY_ASSIGN(out.target, follow::follow_duckdb(setting));
  } else if (kind == "postgres") {
    TRY_ASSIGN(out.target, follow::follow_postgres(setting));
  } else if (kind == "ducklake") {
    TRY_ASSIGN(out.target, follow::follow_ducklake(setting));
  } else {
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("follow writes to DuckDB, DuckLake and PostgreSQL, and {} is a {}",
                          out.display, kind.empty() ? "path" : kind))
            .about(out.display)
            .advise("targets are duckdb:PATH, ducklake:... and postgres://..."));
  }
  return out;
}

FollowStatusReport::Landed landed_of(const follow::Records& records,
                                     const follow::StreamKey& stream) {
  FollowStatusReport::Landed out;
  const auto record = records.find(stream);
  if (record == records.end()) return out;
  out.rows = record->second.rows;
  out.dropped = record->second.dropped;
  out.dead = record->second.dead;
  out.last = record->second.landed.last();
  out.changed_at = record->second.changed_at;
  return out;
}

}  // namespace

Result<FollowReport> Sluice::follow(const FollowOptions& options) {
  TRY_ASSIGN(const OpenTarget target, target_of(*impl_, options));
  TRY_ASSIGN(const Servers servers, open_servers(*impl_, options.source));
  Ticker ticker(impl_->settings.progress);
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  follow::FollowSetting setting;
  setting.servers = servers.place;
  setting.server = servers.own.get();
  setting.target = target.target.get();
  setting.engine = engine;
  setting.cancel = impl_->settings.cancel;
  setting.phase = [&](const std::string& phase) { ticker.phase(phase, 0); };
  setting.rows_done = &ticker.rows();
  TRY_ASSIGN(FollowReport report, follow::follow(setting, options));
  report.target = target.display;
  return report;
}

Result<FollowStatusReport> Sluice::follow_status(const FollowOptions& options) {
  TRY_ASSIGN(const Servers servers, open_servers(*impl_, options.source));
  TRY_ASSIGN(auto connection,
             nats::Connection::open(servers.place, options.wait, impl_->settings.cancel));
  TRY_ASSIGN(const nats::StreamState stream, nats::stream_state(connection, options.stream));
  TRY_ASSIGN(const nats::ConsumerState consumer,
             nats::consumer_state(connection, options.stream, options.durable));
  FollowStatusReport out;
  out.servers = servers.place.display();
  out.stream = stream.name;
  out.subjects = stream.subjects;
  out.messages = stream.messages;
  out.bytes = stream.bytes;
  out.last = stream.last;
  out.durable = options.durable;
  out.pending = consumer.pending;
  out.ack_pending = consumer.ack_pending;
  out.redelivered = consumer.redelivered;
  if (options.target.empty()) return out;
  TRY_ASSIGN(const OpenTarget target, target_of(*impl_, options));
  TRY(target.target->open(false));
  TRY_ASSIGN(const follow::Records records, target.target->begin());
  target.target->end();
  out.landed = landed_of(records, {stream.name, stream.created});
  out.landed->target = target.display;
  out.landed->table = options.table;
  return out;
}

Result<DeadLetterReport> Sluice::follow_dead(const FollowOptions& options) {
  TRY_ASSIGN(const OpenTarget target, target_of(*impl_, options));
  TRY(target.target->open(false));
  DeadLetterReport out;
  out.target = target.display;
  out.table = options.table;
  TRY_ASSIGN(const auto letters, target.target->dead_letters());
  for (const follow::DeadLetter& letter : letters) {
    out.letters.push_back({letter.place.stream.name, letter.place.sequence, letter.subject,
                           letter.reason, letter.data, letter.at});
  }
  return out;
}

Result<FollowMoveReport> Sluice::follow_move(const FollowMoveOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const nats::ServerPlace target, servers_of(options.target));
  TRY_ASSIGN(const Servers source, open_servers(*impl_, options.source));
  Ticker ticker(impl_->settings.progress);
  ticker.phase("move messages", 0);
  TRY_ASSIGN(FollowMoveReport report,
             follow::move_stream({source.place, target, impl_->settings.state_folder,
                                  impl_->settings.cancel, &ticker.rows()},
                                 options));
  report.seconds = watch.seconds();
  return report;
}

int exit_code(const FollowReport& report) {
  if (report.error) return exit_code(report.error->kind);
  return report.dead > 0 ? exit_code(ErrorKind::kMismatch) : 0;
}

}  // namespace sluice
