#include "plan/name_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace sluice {
namespace {

Status check_no_columns(const Table& table) {
  if (!table.columns.empty()) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("table \"{}\" has no columns: there is nothing to move",
                                table.name.display()))
                  .about(table.name.display())
                  .advise("leave it out: --exclude " + shell_word(table.name.display())));
}

// A name that the target keeps for itself, or that is no file's name.
Status check_table_name(const PlanInput& input, const TablePlan& table) {
  const Capabilities& can = input.target_capabilities;
  const std::string& name = table.target.name.name;
  std::string problem;
  if (!can.reserved_prefix.empty() && to_lower(name).starts_with(can.reserved_prefix)) {
    problem = fmt::format("{} keeps names that begin with \"{}\" for itself", can.name,
                          can.reserved_prefix);
  } else if (can.names_are_files && name.find('/') != std::string::npos) {
    problem = fmt::format("in {} a table is a file or a folder, whose name has no \"/\"", can.name);
  } else if (can.names_are_files && (name.starts_with('.') || name.starts_with('_'))) {
    problem = fmt::format(
        "in {} a table is a file or a folder, and readers skip those that begin with \"{}\"",
        can.name, name[0]);
  }
  if (problem.empty()) return {};
  return fail(Error(ErrorKind::kConflict, fmt::format("table \"{}\": {}", name, problem))
                  .about(table.source.name.display())
                  .advise("give it another name: --rename " +
                          shell_word(table.source.name.display() + "=NEW")));
}

Status check_identifier(const PlanInput& input, const std::string& name, const TableName& table) {
  if (input.target_capabilities.names_end_in_no_blank && name.ends_with(' ')) {
    return fail(
        Error(ErrorKind::kConflict, fmt::format("{} has no names that end in a blank: \"{}\"",
                                                input.target_capabilities.name, name))
            .about(table.display())
            .advise("give the table another name with --rename, a column with --map"));
  }
  const int bytes_max = input.target_capabilities.identifier_bytes_max;
  if (bytes_max == 0 || name.size() <= static_cast<std::size_t>(bytes_max)) return {};
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("name \"{}\" has {} bytes, {} would cut it to {}", name,
                                name.size(), input.target_capabilities.name, bytes_max))
                  .about(table.display())
                  .advise("give the table another name with --rename, a column with --map"));
}

bool is_ascii(const std::string& name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Whether a target that folds all letters takes two of the names for one.
Result<bool> all_differ(const PlanInput& input, const std::vector<std::string>& names) {
  std::vector<std::string> rows;
  for (const std::string& name : names) rows.push_back("(" + quote_literal(name) + ")");
  return input.evaluate(fmt::format("(SELECT count(DISTINCT lower(v)) FROM (VALUES {}) q(v)) = {}",
                                    join(rows, ", "), names.size()));
}

Error one_name(const PlanInput& input, const TablePlan& table, const std::string& column) {
  return Error(ErrorKind::kConflict,
               fmt::format("table \"{}\": two columns would both be \"{}\" in {}",
                           table.source.name.display(), folded(input, column),
                           input.target_capabilities.name))
      .about(table.source.name.display() + "." + column)
      .advise("select the columns under other names with --map");
}

Status check_letters(const PlanInput& input, const TablePlan& table) {
  if (!input.target_capabilities.folds_all_letters || !input.evaluate) return {};
  std::vector<std::string> seen;
  for (const TargetColumn& column : table.target.columns) {
    if (!is_ascii(column.name)) seen.push_back(column.name);
  }
  if (seen.size() < 2) return {};
  TRY_ASSIGN(const bool differ, all_differ(input, seen));
  for (std::size_t i = 1; !differ && i < seen.size(); ++i) {
    const auto end = seen.begin() + static_cast<std::ptrdiff_t>(i);
    TRY_ASSIGN(const bool fresh, all_differ(input, {seen.begin(), end + 1}));
    if (!fresh) return fail(one_name(input, table, seen[i]));
  }
  return {};
}

}  // namespace

std::string folded(const PlanInput& input, const std::string& name) {
  return input.target_capabilities.folds_case ? to_lower(name) : name;
}

Status check_columns(const Table& table) {
  TRY(check_no_columns(table));
  std::map<std::string, std::string> seen;
  for (const Column& column : table.columns) {
    const auto [at, fresh] = seen.emplace(to_lower(column.name), column.name);
    if (fresh) continue;
    const std::string name = table.name.display();
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("table \"{}\": columns \"{}\" and \"{}\" differ in case alone, which "
                          "the engine takes for one name",
                          name, at->second, column.name))
            .about(name + "." + column.name)
            .advise(fmt::format("rename one of them, or make a view in the source that does and "
                                "move that: --table VIEW; or leave it out: --exclude {}",
                                shell_word(name))));
  }
  return {};
}

// Names that are different in the source must stay different in the target.
Status check_collisions(const PlanInput& input, const Plan& plan) {
  std::map<std::string, std::string> seen;
  for (const TablePlan& table : plan.tables) {
    const TableName& name = table.target.name;
    TRY(check_table_name(input, table));
    TRY(check_identifier(input, name.name, table.source.name));
    const auto [at, fresh] = seen.emplace(
        folded(input, name.schema) + "." + folded(input, name.name), table.source.name.display());
    if (!fresh) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("tables \"{}\" and \"{}\" would both become \"{}\"", at->second,
                                    table.source.name.display(), name.display()))
                      .about(name.display())
                      .advise("give one of them another name with --rename OLD=NEW"));
    }
    std::set<std::string> columns;
    for (const TargetColumn& column : table.target.columns) {
      TRY(check_identifier(input, column.name, table.source.name));
      if (columns.insert(folded(input, column.name)).second) continue;
      return fail(one_name(input, table, column.name));
    }
    TRY(check_letters(input, table));
  }
  return {};
}

}  // namespace sluice
