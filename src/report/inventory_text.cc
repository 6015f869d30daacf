#include <fmt/format.h>

#include "base/text.h"
#include "report/text.h"

namespace sluice {
namespace {

std::string keys_of(const Table& table, const std::string& column) {
  std::vector<std::string> parts;
  for (const Key& key : table.keys) {
    for (const std::string& name : key.columns) {
      if (name == column) parts.emplace_back(key.kind == KeyKind::kPrimary ? "primary" : "unique");
    }
  }
  for (const ForeignKey& key : table.foreign_keys) {
    for (const std::string& name : key.columns) {
      if (name == column) parts.push_back("to " + key.target.display());
    }
  }
  return join(parts, ", ");
}

std::string columns_text(const Table& table, const TextStyle& style) {
  TextTable out({{"  Column", Align::kLeft, true},
                 {"Type", Align::kLeft, true},
                 {"Native", Align::kLeft, true},
                 {"Null"},
                 {"Key"},
                 {"Default", Align::kLeft, true}});
  for (const Column& column : table.columns) {
    out.add({"  " + column.name, to_string(column.type), column.type.native_name,
             column.nullable ? "yes" : "no", keys_of(table, column.name),
             column.default_sql.value_or("")});
  }
  return out.render(style);
}

std::string table_text(const Table& table, const TextStyle& style) {
  std::string facts = table.is_view ? "view" : "table";
  if (table.rows) facts += fmt::format(", {} rows", format_count(*table.rows));
  if (table.bytes) facts += ", " + format_bytes(*table.bytes);
  std::string out =
      fmt::format("{}  ({})\n{}", toned(printable(table.name.display()), Tone::kStrong, style),
                  facts, columns_text(table, style));
  for (const Index& index : table.indexes) {
    out +=
        fmt::format("  {}index {} ({})\n", index.unique ? "unique " : "", printable(index.name),
                    index.columns.empty() ? "expressions" : printable(join(index.columns, ", ")));
  }
  for (const Column& column : table.columns) {
    for (const Hazard& hazard : column.hazards) {
      out += fmt::format("  hazard in {}: {} [{}]\n", printable(column.name),
                         printable(hazard.message), hazard.kind);
    }
  }
  return out;
}

}  // namespace

std::string render_text(const InventoryReport& report, const TextStyle& style) {
  const Inventory& inventory = report.inventory;
  std::string out = fmt::format("{}  ({} {}, {} tables)\n", printable(report.location),
                                inventory.endpoint, inventory.version, inventory.tables.size());
  for (const Table& table : inventory.tables) out += "\n" + table_text(table, style);
  if (!inventory.findings.empty()) out += "\nFindings\n";
  for (const Finding& finding : inventory.findings) {
    out += fmt::format("  {}: {} [{}]\n", printable(finding.object), printable(finding.message),
                       finding.kind);
  }
  return out;
}

}  // namespace sluice
