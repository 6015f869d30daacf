#include "journal/run_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace sluice {
namespace {

using enum RunState;

std::unexpected<Error> refuse(const RunProgress& progress, std::string_view what) {
  Error error(ErrorKind::kConflict,
              fmt::format("cannot {}: the run is {}", what, to_string(progress.state)));
  switch (progress.state) {
    case kInterrupted:
    case kFailed:
      error.hint = progress.rollback_intended ? "go on with `sluice rollback RUN`"
                                              : "go on with `sluice resume RUN`";
      break;
    case kDiffers:
      error.hint = "see `sluice report RUN`, then `sluice resume RUN` or `sluice rollback RUN`";
      break;
    default:
      error.hint = "see `sluice status RUN`";
  }
  return fail(std::move(error));
}

std::unexpected<Error> contradiction(std::string message) {
  return fail(ErrorKind::kInternal, std::move(message));
}

// Explains, for one progress, why an event may not happen.
class Checker {
 public:
  explicit Checker(const RunProgress& progress) : progress_(progress) {}

  Status operator()(const Started& event) const {
    if (progress_.state != kPlanned || !progress_.tables.empty()) {
      return refuse(progress_, "start");
    }
    if (event.tables.empty()) return contradiction("a run was started without tables");
    return {};
  }
  Status operator()(const BackedUp&) const {
    return only_in({kPlanned, kCopying, kCopied, kVerified}, "back up");
  }
  Status operator()(const SnapshotTaken&) const {
    return only_in({kPlanned, kCopying, kCopied, kVerified}, "take a snapshot");
  }
  Status operator()(const TableStarted& event) const {
    TRY(only_in({kCopying, kCopied, kVerified}, "start a table"));
    if (progress_.publish_intended) return refuse(progress_, "start a table after publishing it");
    TRY(table_exists(event.table));
    if (event.chunks < 1) {
      return contradiction(
          fmt::format("table {}: started with {} chunks", name(event.table), event.chunks));
    }
    return {};
  }
  Status operator()(const ChunkLanded& event) const {
    TRY(only_in({kCopying}, "land a chunk"));
    TRY(table_exists(event.table));
    const TableProgress& table = at(event.table);
    if (table.copied) {
      return contradiction(fmt::format("table {}: chunk {} landed after the table was copied",
                                       name(event.table), event.chunk));
    }
    if (event.chunk < 0 || (table.plan.chunks > 0 && event.chunk >= table.plan.chunks)) {
      return contradiction(fmt::format("table {}: chunk {} landed, the table has {} chunks",
                                       name(event.table), event.chunk, table.plan.chunks));
    }
    const auto landed = table.chunks.find(event.chunk);
    if (landed != table.chunks.end() &&
        (landed->second.digest != event.digest || landed->second.rows != event.rows)) {
      return contradiction(
          fmt::format("table {}: chunk {} landed with {} rows, digest {}, and before with {} rows, "
                      "digest {}",
                      name(event.table), event.chunk, event.rows, event.digest, landed->second.rows,
                      landed->second.digest));
    }
    return {};
  }
  Status operator()(const TableCopied& event) const {
    TRY(only_in({kCopying}, "finish a table"));
    TRY(table_exists(event.table));
    const TableProgress& table = at(event.table);
    const int landed = static_cast<int>(table.chunks.size());
    if (landed == 0 || landed < table.plan.chunks) {
      return contradiction(fmt::format("table {}: {} of {} chunks landed", name(event.table),
                                       landed, table.plan.chunks));
    }
    return {};
  }
  Status operator()(const TableVerified& event) const {
    TRY(comparable(event.table));
    if (at(event.table).differs) return refuse(progress_, "verify a table that differs");
    return equal(event.table, event.comparison);
  }
  Status operator()(const Differs& event) const { return comparable(event.table); }
  Status operator()(const PublishIntended&) const {
    for (std::size_t i = 0; i < progress_.tables.size(); ++i) {
      if (!progress_.tables[i].verified) {
        Error error(ErrorKind::kConflict,
                    fmt::format("cannot publish: table {} is not verified", name(i)));
        error.object = progress_.tables[i].plan.target;
        error.hint = "finish the run with `sluice resume RUN`";
        return fail(std::move(error));
      }
    }
    return only_in({kVerified}, "publish");
  }
  Status operator()(const Published& event) const {
    if (event.rows.size() != event.digests.size()) {
      return contradiction("published tables without their rows");
    }
    const bool asked = progress_.state == kVerified && progress_.publish_intended;
    if (asked || progress_.state == kPublishing) return {};
    return refuse(progress_, "be published");
  }
  Status operator()(const RollbackIntended&) const {
    if (progress_.state == kForgotten) {
      Error error(ErrorKind::kConflict,
                  "cannot roll back: what the run replaced was dropped by `sluice forget`");
      return fail(std::move(error));
    }
    if (progress_.state == kRolledBack) return refuse(progress_, "roll back");
    return {};
  }
  Status operator()(const RolledBack&) const { return only_in({kRollingBack}, "be rolled back"); }
  Status operator()(const Interrupted&) const {
    return only_in({kPlanned, kCopying, kCopied, kVerified, kPublishing, kDiffers, kRollingBack},
                   "interrupt");
  }
  Status operator()(const Failed&) const {
    return only_in(
        {kPlanned, kCopying, kCopied, kVerified, kPublishing, kDiffers, kRollingBack, kInterrupted},
        "fail");
  }
  Status operator()(const Resumed&) const {
    if (progress_.rollback_intended) {
      return fail(Error(ErrorKind::kConflict, "cannot resume: a rollback of the run was begun")
                      .advise("go on with `sluice rollback RUN`"));
    }
    return only_in(
        {kPlanned, kCopying, kCopied, kVerified, kPublishing, kDiffers, kInterrupted, kFailed},
        "resume");
  }
  Status operator()(const Forgotten&) const { return only_in({kPublished}, "forget"); }
  Status operator()(const Note&) const { return {}; }
  Status operator()(const Rejected& event) const { return table_exists(event.table); }

 private:
  const TableProgress& at(int table) const {
    return progress_.tables[static_cast<std::size_t>(table)];
  }
  std::string name(std::size_t table) const {
    return "\"" + progress_.tables[table].plan.target + "\"";
  }
  std::string name(int table) const { return name(static_cast<std::size_t>(table)); }

  Status only_in(std::initializer_list<RunState> states, std::string_view what) const {
    if (std::find(states.begin(), states.end(), progress_.state) != states.end()) return {};
    return refuse(progress_, what);
  }
  Status table_exists(int table) const {
    if (table >= 0 && static_cast<std::size_t>(table) < progress_.tables.size()) return {};
    return contradiction(
        fmt::format("event of table {}, the run has {}", table, progress_.tables.size()));
  }
  Status comparable(int table) const {
    TRY(only_in({kCopying, kCopied, kDiffers}, "verify a table"));
    TRY(table_exists(table));
    if (at(table).copied) return {};
    return contradiction(fmt::format("table {}: compared before it was copied", name(table)));
  }
  // What may be called verified.
  Status equal(int table, const Comparison& comparison) const {
    if (comparison.rows_source != comparison.rows_target) {
      return contradiction(
          fmt::format("table {}: verified with {} rows in the target, {} in the "
                      "source",
                      name(table), comparison.rows_target, comparison.rows_source));
    }
    if (comparison.rows_source != at(table).rows()) {
      return contradiction(fmt::format("table {}: verified with {} rows, {} landed", name(table),
                                       comparison.rows_source, at(table).rows()));
    }
    if (comparison.level == "counts") return {};
    if (comparison.digest_source.empty() || comparison.digest_source != comparison.digest_target) {
      return contradiction(
          fmt::format("table {}: verified with digest {} in the target, {} in the "
                      "source",
                      name(table), comparison.digest_target, comparison.digest_source));
    }
    const std::optional<Digest> landed = at(table).digest();
    if (landed && landed->hex() != comparison.digest_source) {
      return contradiction(fmt::format("table {}: verified with digest {}, its chunks sum to {}",
                                       name(table), comparison.digest_source, landed->hex()));
    }
    return {};
  }

  const RunProgress& progress_;
};

// Changes a progress by an event that may happen.
class Applier {
 public:
  explicit Applier(RunProgress& progress) : progress_(progress) {}

  void operator()(const Started& event) {
    for (const PlannedTable& table : event.tables) {
      progress_.tables.emplace_back().plan = table;
    }
    progress_.state = kCopying;
  }
  void operator()(const BackedUp& event) { progress_.backup = event; }
  void operator()(const SnapshotTaken& event) { progress_.fingerprint = event.fingerprint; }
  void operator()(const TableStarted& event) {
    TableProgress fresh;
    fresh.plan = std::move(at(event.table).plan);
    fresh.plan.chunks = event.chunks;
    at(event.table) = std::move(fresh);
    progress_.state = kCopying;
  }
  void operator()(const ChunkLanded& event) {
    at(event.table).chunks[event.chunk] = {event.rows, event.digest, event.bytes};
  }
  void operator()(const TableCopied& event) {
    at(event.table).copied = true;
    if (progress_.all_copied()) progress_.state = kCopied;
  }
  void operator()(const TableVerified& event) {
    TableProgress& table = at(event.table);
    table.verified = event.comparison;
    table.differs.reset();
    if (progress_.all_verified()) progress_.state = kVerified;
  }
  void operator()(const Differs& event) {
    TableProgress& table = at(event.table);
    table.differs = event.comparison;
    table.verified.reset();
    progress_.state = kDiffers;
  }
  void operator()(const PublishIntended&) {
    progress_.publish_intended = true;
    progress_.state = kPublishing;
  }
  void operator()(const Published& event) {
    for (std::size_t t = 0; t < progress_.tables.size() && t < event.digests.size(); ++t) {
      progress_.tables[t].published_digest = event.digests[t];
      progress_.tables[t].published_rows = event.rows[t];
    }
    progress_.published = true;
    progress_.state = kPublished;
  }
  void operator()(const RollbackIntended&) {
    progress_.rollback_intended = true;
    progress_.state = kRollingBack;
  }
  void operator()(const RolledBack&) { progress_.state = kRolledBack; }
  void operator()(const Interrupted& event) {
    progress_.interrupted_reason = event.reason;
    progress_.state = kInterrupted;
  }
  void operator()(const Failed& event) {
    progress_.error = event.error;
    progress_.state = kFailed;
  }
  void operator()(const Resumed&) {
    progress_.error.reset();
    progress_.interrupted_reason.clear();
    for (TableProgress& table : progress_.tables) table.differs.reset();
    progress_.state = progress_.tables.empty()   ? kPlanned
                      : progress_.all_verified() ? kVerified
                      : progress_.all_copied()   ? kCopied
                                                 : kCopying;
  }
  void operator()(const Forgotten&) { progress_.state = kForgotten; }
  void operator()(const Note&) {}
  void operator()(const Rejected& event) { at(event.table).rejected = event.rows; }

 private:
  TableProgress& at(int table) { return progress_.tables[static_cast<std::size_t>(table)]; }

  RunProgress& progress_;
};

}  // namespace

std::uint64_t TableProgress::rows() const {
  std::uint64_t sum = 0;
  for (const auto& [chunk, landed] : chunks) sum += landed.rows;
  return sum;
}

std::uint64_t TableProgress::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [chunk, landed] : chunks) sum += landed.bytes;
  return sum;
}

std::optional<Digest> TableProgress::digest() const {
  Digest total;
  for (const auto& [chunk, landed] : chunks) {
    const auto sum = parse_digest_hex(landed.digest);
    if (!sum) return std::nullopt;
    total += Digest{*sum, landed.rows};
  }
  return total;
}

std::uint64_t RunProgress::rows() const {
  std::uint64_t sum = 0;
  for (const TableProgress& table : tables) sum += table.rows();
  return sum;
}

std::uint64_t RunProgress::rejected() const {
  std::uint64_t sum = 0;
  for (const TableProgress& table : tables) sum += table.rejected;
  return sum;
}

bool RunProgress::all_copied() const {
  return !tables.empty() &&
         std::all_of(tables.begin(), tables.end(), [](const auto& t) { return t.copied; });
}

bool RunProgress::all_verified() const {
  return !tables.empty() && std::all_of(tables.begin(), tables.end(),
                                        [](const auto& t) { return t.verified.has_value(); });
}

Status can_apply(const RunProgress& progress, const Event& event) {
  return std::visit(Checker(progress), event);
}

RunProgress apply(RunProgress progress, const Event& event) {
  if (can_apply(progress, event)) std::visit(Applier(progress), event);
  return progress;
}

}  // namespace sluice
