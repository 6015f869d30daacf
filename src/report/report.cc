#include "report/report.h"

namespace sluice {

std::uint64_t MigrationReport::rows() const {
  std::uint64_t sum = 0;
  for (const TableReport& table : tables) sum += table.rows_target;
  return sum;
}

std::uint64_t MigrationReport::bytes() const {
  std::uint64_t sum = 0;
  for (const TableReport& table : tables) sum += table.bytes;
  return sum;
}

std::string_view to_string(DifferenceSide side) {
  switch (side) {
    case DifferenceSide::kSource:
      return "source";
    case DifferenceSide::kTarget:
      return "target";
    case DifferenceSide::kBoth:
      break;
  }
  return "both";
}

}  // namespace sluice
