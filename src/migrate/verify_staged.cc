#include "migrate/verify_staged.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/stream_chunk.h"
#include "migrate/migrate.h"
#include "transfer/copy_tables.h"
#include "verify/table_digest.h"

namespace sluice {
namespace {

Digest sum_of(const Landed& landed) {
  Digest sum;
  for (const auto& [chunk, digest] : landed) sum += digest;
  return sum;
}

DigestOptions digest_options(RunContext& context) {
  DigestOptions options;
  options.threads = context.threads;
  options.rows_done = &context.ticker->rows();
  options.cancel = context.cancel;
  return options;
}

// A read session of the target that shows what the run has committed, and nothing of its
// connections.
Result<Digest> target_digest(RunContext& context, ReadSession& target, const TargetTable& table,
                             const TableName& name, ReadPath path) {
  return table_digest(*context.engine, target, table_as_read(table, name), path,
                      digest_options(context));
}

struct Sides {
  Digest source;
  Digest target;
};

Result<Sides> compare_one(RunContext& context, const TablePlan& table, ReadSession& source,
                          ReadSession& target, const TableName& staged, const Digest& copied,
                          std::string_view level) {
  Sides sides{copied, {}};
  if (level == "counts") {
    TRY_ASSIGN(sides.target.rows, target.count(table_as_read(table.target, staged)));
    context.ticker->rows() += sides.target.rows;
    sides.source.sum = 0;
    return sides;
  }
  TRY_ASSIGN(sides.target, target_digest(context, target, table.target, staged, ReadPath::kFast));
  if (level != "independent" || sides.source != sides.target) return sides;
  TRY_ASSIGN(sides.source, source_digest(context, source, table, nullptr, ReadPath::kIndependent));
  if (sides.source != copied) return sides;
  TRY_ASSIGN(sides.target,
             target_digest(context, target, table.target, staged, ReadPath::kIndependent));
  return sides;
}

}  // namespace

Table table_as_read(const TargetTable& target, const TableName& name) {
  Table table;
  table.name = name;
  for (const TargetColumn& column : target.columns) {
    Column& out = table.columns.emplace_back();
    out.name = column.name;
    out.type = column.type;
    out.type.native_name = column.native_type;
  }
  table.keys = target.keys;
  return table;
}

Result<Digest> source_digest(RunContext& context, ReadSession& source, const TablePlan& table,
                             const ChunkRange* range, ReadPath path) {
  TRY_ASSIGN(const std::string relation, source_relation(source, table, range, path));
  TRY_ASSIGN(const auto connection, context.engine->connect());
  ChunkJob job;
  job.table = &table.target;
  job.select_sql = Plan::select_sql(table, relation);
  job.rows_done = &context.ticker->rows();
  const BatchWrite nothing = [](const Batch&) -> Result<std::uint64_t> { return 0; };
  TRY_ASSIGN(const ChunkReceipt receipt, stream_chunk(job, *connection, nothing));
  return receipt.digest;
}

Result<std::vector<Digest>> published_digests(RunContext& context, const Plan& plan,
                                              DigestsFrom from) {
  TRY_ASSIGN(const RunProgress progress, context.journal->progress(context.run));
  std::unique_ptr<ReadSession> session;
  std::vector<Digest> digests;
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    const TargetTable& table = plan.tables[t].target;
    const bool renamed =
        table.if_exists != IfExists::kAppend && table.if_exists != IfExists::kMerge;
    const std::optional<Digest> copied = progress.tables.at(t).digest();
    if (from == DigestsFrom::kKnown && renamed && copied) {
      digests.push_back(*copied);
      continue;
    }
    if (session == nullptr) {
      TRY_ASSIGN(session, context.target->read());
    }
    TRY_ASSIGN(const Digest digest,
               target_digest(context, *session, table, table.name, ReadPath::kFast));
    digests.push_back(digest);
  }
  return digests;
}

Status verify_staged(RunContext& context, const Plan& plan, ReadSession& source,
                     WriteSession& target, const std::vector<Landed>& landed) {
  TRY_ASSIGN(const RunProgress progress, context.journal->progress(context.run));
  std::uint64_t rows = 0;
  for (const Landed& table : landed) rows += sum_of(table).rows;
  context.ticker->phase("verify", plan.level == "independent" ? rows * 3 : rows);
  TRY_ASSIGN(const auto session, context.target->read());
  std::vector<std::string> differing;
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    if (progress.tables.at(t).verified) continue;
    const TablePlan& table = plan.tables[t];
    const Stopwatch watch;
    const TableName staged = target.staged_name(table.target);
    const Digest copied = sum_of(landed[t]);
    TRY_ASSIGN(const Sides sides,
               compare_one(context, table, source, *session, staged, copied, plan.level));
    const bool counts = plan.level == "counts";
    const Comparison comparison{counts || plan.level == "independent" ? plan.level : "content",
                                sides.source.rows,
                                sides.target.rows,
                                counts ? "" : sides.source.hex(),
                                counts ? "" : sides.target.hex(),
                                watch.seconds()};
    if (sides.source == sides.target) {
      TRY(context.journal->append(context.run, TableVerified{static_cast<int>(t), comparison}));
      continue;
    }
    const std::string message =
        sides.source.rows == sides.target.rows
            ? fmt::format("table \"{}\": {} rows on both sides, but their content differs",
                          table.target.name.display(), sides.source.rows)
            : fmt::format("table \"{}\": target has {} rows, source has {}",
                          table.target.name.display(), sides.target.rows, sides.source.rows);
    TRY(context.journal->append(context.run, Differs{static_cast<int>(t), comparison, message}));
    differing.push_back(message);
  }
  if (differing.empty()) return {};
  return fail(Error(ErrorKind::kMismatch, join(differing, "; "))
                  .advise("nothing was published; `sluice rollback " + context.run +
                          "` removes what was staged"));
}

}  // namespace sluice
