#include "plan/key_lengths.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kCharacterBytesMax = 4;

// The columns of the primary key and of foreign keys, each with the bytes that it may have.
std::map<std::string, std::size_t> key_columns(const TargetTable& table, std::size_t bytes_max) {
  std::map<std::string, std::size_t> out;
  const auto add = [&](const std::vector<std::string>& columns) {
    for (const std::string& column : columns) {
      const std::size_t share = bytes_max / columns.size();
      const auto [at, fresh] = out.emplace(column, share);
      if (!fresh) at->second = std::min(at->second, share);
    }
  };
  for (const Key& key : table.keys) {
    if (key.kind == KeyKind::kPrimary) add(key.columns);
  }
  for (const ForeignKey& key : table.foreign_keys) add(key.columns);
  return out;
}

}  // namespace

Status check_key_lengths(const PlanInput& input, const AskValues& ask, const TablePlan& table) {
  const int bytes_max = input.target_capabilities.key_bytes_max;
  if (bytes_max == 0 || !table.map_sql.empty()) return {};
  for (const auto& [name, bytes] : key_columns(table.target, static_cast<std::size_t>(bytes_max))) {
    const Column* const column = table.source.find_column(name);
    if (column == nullptr) continue;
    const bool is_text = column->type.kind == TypeKind::kText;
    if (!is_text && column->type.kind != TypeKind::kBlob) continue;
    const std::size_t limit = is_text ? bytes / kCharacterBytesMax : bytes;
    TRY_ASSIGN(const auto counts,
               ask(table, {fmt::format("{}({}) > {}", is_text ? "length" : "octet_length",
                                       quote_identifier(name), limit)}));
    if (counts.at(0) == 0) continue;
    const std::string display = table.source.name.display();
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("table \"{}\": {} row{} more than {} {} in column \"{}\", which {} does "
                          "not take into a key",
                          display, counts.at(0), counts.at(0) == 1 ? " has" : "s have", limit,
                          is_text ? "characters" : "bytes", name, input.target_capabilities.name))
            .about(display + "." + name)
            .advise(fmt::format("move the table without its keys: --table {} --map {}, a file with "
                                "SELECT * FROM {}",
                                shell_word(display), shell_word(table.target.name.name + ".sql"),
                                quote_identifier(table.source.name.name))));
  }
  return {};
}

}  // namespace sluice
