#include "ingest/column_plan.h"

#include "base/text.h"

namespace sluice::ingest {

const FieldNode* FieldNode::find(std::string_view field) const {
  auto at = fields.find(field);
  if (at == fields.end()) at = fields.find("\n" + to_lower(field));
  return at == fields.end() ? nullptr : at->second.get();
}

std::unique_ptr<FieldNode> field_tree(const ColumnPlan& plan) {
  auto root = std::make_unique<FieldNode>();
  for (std::size_t i = 0; i < plan.size(); ++i) {
    FieldNode* node = root.get();
    std::vector<std::string> path = plan[i].path;
    // Lakes do not tell names of columns apart by case. No name of a field begins so.
    if (path.empty()) path = {"\n" + to_lower(plan[i].name)};
    for (const std::string& name : path) {
      auto& next = node->fields[name];
      if (!next) next = std::make_unique<FieldNode>();
      next->name = name;
      node = next.get();
    }
    node->column = static_cast<int>(i);
  }
  return root;
}

}  // namespace sluice::ingest
