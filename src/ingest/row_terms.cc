#include "ingest/row_terms.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::ingest {

std::string RowTerms::columns(const std::string& relation) const {
  std::vector<std::string> out;
  for (const PlannedColumn& column : plan) {
    out.push_back(relation + "." + quote_identifier(column.name));
  }
  return join(out, ", ");
}

std::string RowTerms::same_key(const std::string& left, const std::string& right) const {
  std::vector<std::string> out;
  for (const std::string& column : key) {
    out.push_back(fmt::format("{0}.{2} = {1}.{2}", left, right, quote_identifier(column)));
  }
  return join(out, " AND ");
}

std::string RowTerms::differs(const std::string& left, const std::string& right) const {
  std::vector<std::string> out;
  for (const PlannedColumn& column : plan) {
    out.push_back(fmt::format("{0}.{2} IS DISTINCT FROM {1}.{2}", left, right,
                              quote_identifier(column.name)));
  }
  return "(" + join(out, " OR ") + ")";
}

}  // namespace sluice::ingest
