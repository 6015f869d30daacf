#include "migrate/rejects.h"

#include "base/file.h"
#include "base/text.h"
#include "transfer/copy_tables.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& state_folder, const std::string& run) {
  return state_folder / "rejects" / run;
}

// A table's name may be no name for a file.
std::string file_name(const TableName& table) {
  return replace_all(replace_all(table.display(), "%", "%25"), "/", "%2F") + ".csv";
}

}  // namespace

Status write_rejects(RunContext& context, const Plan& plan, ReadSession& source) {
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    const TablePlan& table = plan.tables[t];
    if (table.reject_predicate.empty()) continue;
    const fs::path folder = folder_of(context.state_folder, context.run);
    TRY(make_folders(folder));
    const fs::path file = folder / file_name(table.source.name);
    TRY_ASSIGN(const std::string relation,
               source_relation(source, table, nullptr, ReadPath::kFast));
    TRY_ASSIGN(const auto connection, context.engine->connect());
    const std::string rows_sql = Plan::rejects_sql(table, relation);
    TRY_ASSIGN(const auto count,
               connection->value("COPY (" + rows_sql + ") TO " + quote_literal(file.string()) +
                                 " (FORMAT csv, HEADER)"));
    TRY(sync_file(file));
    TRY(sync_file(folder));
    TRY(context.journal->append(
        context.run,
        Rejected{static_cast<int>(t), std::stoull(count.value_or("0")), file.string()}));
  }
  return {};
}

Result<bool> remove_rejects(const fs::path& state_folder, const std::string& run) {
  std::error_code code;
  const auto removed = fs::remove_all(folder_of(state_folder, run), code);
  if (code) return fail(errno_error(code.value(), "remove", folder_of(state_folder, run)));
  return removed > 0;
}

}  // namespace sluice
