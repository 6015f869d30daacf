#include "plan/target_name.h"

#include "base/text.h"

namespace sluice {
namespace {

// The name that a rename gives, "" where none does; one with the schema goes before one without.
std::string renamed_to(const Naming& naming, const TableName& source) {
  std::string found;
  for (const auto& [old_name, new_name] : naming.renames) {
    if (!is_renamed_by(old_name, source, naming.source->folds_case)) continue;
    if (found.empty() || to_lower(old_name) == to_lower(source.display())) found = new_name;
  }
  return found;
}

}  // namespace

bool is_renamed_by(const std::string& old_name, const TableName& table, bool folds_case) {
  const auto same = [&](const std::string& name) {
    return name == old_name || (folds_case && to_lower(name) == to_lower(old_name));
  };
  return same(table.name) || same(table.display());
}

bool folds_schema(const Naming& naming, const TableName& source) {
  return !source.schema.empty() && source.schema != naming.source->default_schema &&
         naming.target_schema.empty() && naming.target->default_schema.empty() &&
         renamed_to(naming, source).empty();
}

TableName name_in_target(const Naming& naming, const TableName& source) {
  const Capabilities& can = *naming.target;
  const std::string schema =
      naming.target_schema.empty() ? can.default_schema : naming.target_schema;
  const std::string rename = renamed_to(naming, source);
  if (!rename.empty()) {
    const std::size_t dot = rename.find('.');
    if (dot == std::string::npos || can.default_schema.empty()) return {schema, rename};
    return {rename.substr(0, dot), rename.substr(dot + 1)};
  }
  if (folds_schema(naming, source)) return {"", source.schema + "_" + source.name};
  const bool plain = source.schema.empty() || source.schema == naming.source->default_schema ||
                     !naming.target_schema.empty();
  return plain ? TableName{schema, source.name} : source;
}

}  // namespace sluice
