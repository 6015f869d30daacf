#include <array>

#include "cli/commands.h"
#include "report/text_table.h"

namespace sluice {
namespace {

constexpr std::array kTargets = {"duckdb",  "sqlite",   "postgres", "mysql",
                                 "parquet", "ducklake", "delta"};

}  // namespace

Result<int> run_types(Session& session, const TypesArguments& arguments) {
  std::vector<std::string> targets = {arguments.target};
  if (arguments.target.empty()) targets.assign(kTargets.begin(), kTargets.end());
  Json json = {{"tables", Json::array()}};
  std::string text;
  for (const std::string& target : targets) {
    TRY_ASSIGN(const std::vector<TypeRow> rows, session.sluice().types(arguments.source, target));
    Json& item = json["tables"].emplace_back();
    item = {{"source", arguments.source.empty() ? Json(nullptr) : Json(arguments.source)},
            {"target", target},
            {"types", Json::array()}};
    TextTable table({{"Type"}, {"In " + target}, {"Mapping"}, {"Reason"}});
    for (const TypeRow& row : rows) {
      item["types"].push_back({{"type", row.type},
                               {"native_type", row.native_type},
                               {"mapping", row.mapping},
                               {"reason", row.reason}});
      table.add({row.type, row.native_type, row.mapping, row.reason});
    }
    text += (text.empty() ? "" : "\n") + table.render(session.style());
  }
  if (session.options().json) {
    TRY(session.print_json(json));
  } else {
    TRY(session.print(text));
  }
  return 0;
}

}  // namespace sluice
