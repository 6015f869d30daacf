#include "endpoint/sqlite/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "base/text.h"
#include "endpoint/sqlite/parse.h"
#include "endpoint/sqlite/row_reader.h"
#include "endpoint/sqlite/shape.h"
#include "endpoint/sqlite/types.h"
#include "model/number_text.h"

namespace sluice::sqlite {
namespace {

constexpr std::uint64_t kRowsPerCheck = 4096;
constexpr int kDigitsMax = 65;  // of the widest decimals with a limit, MariaDB's
constexpr std::array kClasses = {SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB};

struct Example {
  std::string text;  // "row 5: 'zz'"; "" where there is none
};

struct ClassCount {
  std::uint64_t values = 0;
  Example first;
};

// What is known of one column after some rows.
struct Findings {
  std::array<ClassCount, 6> classes;  // by SQLite's class number
  ClassCount misfits;                 // values that the promised type cannot carry
  ClassCount invalid_utf8;
  ClassCount inexact_real;  // integers that no double equals
  std::vector<bool> fits;   // by reading; kept for the others than the promised one
  bool too_long = false;    // some text has more characters than the type allows
  bool other_length = false;
  int whole_digits = 0;  // of numbers as text, before and behind the point
  int scale = 0;

  void merge(const Findings& other) {
    const auto add = [](ClassCount& sum, const ClassCount& part) {
      if (sum.values == 0) sum.first = part.first;
      sum.values += part.values;
    };
    for (std::size_t i = 0; i < classes.size(); ++i) add(classes[i], other.classes[i]);
    add(misfits, other.misfits);
    add(invalid_utf8, other.invalid_utf8);
    add(inexact_real, other.inexact_real);
    for (std::size_t i = 0; i < fits.size(); ++i) fits[i] = fits[i] && other.fits[i];
    too_long = too_long || other.too_long;
    other_length = other_length || other.other_length;
    whole_digits = std::max(whole_digits, other.whole_digits);
    scale = std::max(scale, other.scale);
  }
  std::uint64_t count(int sqlite_class) const {
    return classes[static_cast<std::size_t>(sqlite_class)].values;
  }
  // Whether all values (NULLs aside) are of these classes.
  bool only(std::initializer_list<int> wanted) const {
    return std::all_of(kClasses.begin(), kClasses.end(), [&](int sqlite_class) {
      return count(sqlite_class) == 0 ||
             std::find(wanted.begin(), wanted.end(), sqlite_class) != wanted.end();
    });
  }
};

class Surveyor {
 public:
  Surveyor(std::shared_ptr<Snapshot> snapshot, Table& table)
      : snapshot_(std::move(snapshot)), table_(table) {}

  Status run() {
    std::vector<RowRange> ranges;
    {
      const Lease lease(snapshot_);
      const std::lock_guard lock(lease.mutex());
      TRY_ASSIGN(shape_, shape_of(lease.connection(), table_));
      TRY_ASSIGN(ranges,
                 even_ranges(lease.connection(), table_, shape_, snapshot_->connections() * 4));
    }
    for (const std::string& declared : shape_.declared) {
      std::vector<Reading> readings = {{declared_type(declared), false}};
      for (const Type& type : other_readings(readings[0].type)) readings.push_back({type, false});
      readings_.push_back(std::move(readings));
    }
    total_ = fresh();
    TRY(scan_all(ranges));
    if (needs_others()) {
      try_others_ = true;
      total_ = fresh();
      TRY(scan_all(ranges));
    }
    if (!table_.columns.empty()) table_.rows = rows_;
    for (std::size_t i = 0; i < table_.columns.size(); ++i) decide(i);
    TRY(check_json());
    return count_orphans();
  }

 private:
  // A second pass, only where a promise with alternatives was broken.
  bool needs_others() const {
    for (std::size_t i = 0; i < total_.size(); ++i) {
      if (readings_[i].size() > 1 && total_[i].misfits.values > 0) return true;
    }
    return false;
  }

  std::vector<Findings> fresh() const {
    std::vector<Findings> all(readings_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i].fits.assign(readings_[i].size(), true);
    return all;
  }

  Status scan_all(const std::vector<RowRange>& ranges) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    Status outcome;
    rows_ = 0;
    const auto work = [&] {
      for (std::size_t i = next++; i < ranges.size(); i = next++) {
        std::vector<Findings> part = fresh();
        const Status status = scan(ranges[i], part);
        const std::lock_guard lock(mutex);
        if (!status) {
          outcome = status;
          next = ranges.size();
          return;
        }
        for (std::size_t c = 0; c < part.size(); ++c) total_[c].merge(part[c]);
      }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(snapshot_->connections(), ranges.size()); ++i) {
      threads.emplace_back(work);
    }
    work();
    threads.clear();
    return outcome;
  }

  Status scan(const RowRange& range, std::vector<Findings>& findings) {
    if (table_.columns.empty()) return {};
    std::vector<std::string> names;
    std::vector<std::size_t> all;
    for (const Column& column : table_.columns) {
      all.push_back(names.size());
      names.push_back(column.name);
    }
    const Lease lease(snapshot_);
    const std::lock_guard lock(lease.mutex());
    TRY_ASSIGN(RowReader rows,
               RowReader::open(lease.connection(), table_.name.name, names, shape_, all, range));
    std::uint64_t row = 0;
    while (true) {
      if (row++ % kRowsPerCheck == 0 && snapshot_->cancel() != nullptr) {
        TRY(snapshot_->cancel()->check());
      }
      TRY_ASSIGN(const bool found, rows.next());
      if (!found) {
        rows_ += row - 1;
        return {};
      }
      for (std::size_t i = 0; i < findings.size(); ++i) look(rows, i, findings[i]);
    }
  }

  static void count(ClassCount& counter, const RowReader& rows, const Cell& value) {
    if (counter.values++ > 0) return;
    const auto number = rows.rowid();
    const std::string text = literal_text(value);
    counter.first.text = number ? fmt::format("row {}: {}", *number, text) : text;
  }

  void look(const RowReader& rows, std::size_t column, Findings& findings) const {
    const Cell value = rows.cell(column);
    if (value.sqlite_class == SQLITE_NULL) return;
    count(findings.classes[static_cast<std::size_t>(value.sqlite_class)], rows, value);
    const std::vector<Reading>& readings = readings_[column];
    const bool carried = carries(value, readings[0]);
    if (carried && readings[0].type.length_max > 0) measure(value, readings[0], findings);
    for (std::size_t i = 1; try_others_ && i < readings.size(); ++i) {
      if (findings.fits[i]) findings.fits[i] = carries(value, readings[i]);
    }
    const bool undecided = readings[0].type.kind == TypeKind::kNumeric;
    if (value.is_integer() && (undecided || !carried)) {
      static const Reading kDouble{simple_type(TypeKind::kFloat64), false};
      if (!carries(value, kDouble)) count(findings.inexact_real, rows, value);
    }
    if (carried && undecided && value.is_text()) measure_number(value, findings);
    if (carried) return;
    count(findings.misfits, rows, value);
    static const Reading kPlainText{simple_type(TypeKind::kText), false};
    if (value.is_text() && !carries(value, kPlainText)) {
      count(findings.invalid_utf8, rows, value);
    }
  }

  // VARCHAR(10) keeps nobody from storing more, nor CHAR(10) from storing less.
  static void measure(const Cell& value, const Reading& reading, Findings& findings) {
    const std::string_view text = value.bytes;
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    if (characters > reading.type.length_max) findings.too_long = true;
    if (characters != reading.type.length_max) findings.other_length = true;
  }

  static void measure_number(const Cell& value, Findings& findings) {
    NumberParts parts;
    if (!parse_number(value.bytes, parts)) return;
    if (parts.special != NumberParts::Special::kNone) return;
    const int digits = static_cast<int>(parts.digits.size());
    findings.whole_digits = std::max({findings.whole_digits, 1, digits - parts.scale});
    findings.scale = std::max(findings.scale, parts.scale);
  }

  // Text that is no JSON stays text: other systems check it.
  Status check_json() {
    const Lease lease(snapshot_);
    const std::lock_guard lock(lease.mutex());
    for (Column& column : table_.columns) {
      if (column.type.kind != TypeKind::kJson || !column.hazards.empty()) continue;
      const std::string name = quote_identifier(column.name);
      TRY_ASSIGN(const std::int64_t invalid,
                 lease.connection().integer(fmt::format(
                     "SELECT count(*) FROM {} WHERE {} IS NOT NULL AND NOT json_valid({})",
                     quote_identifier(table_.name.name), name, name)));
      if (invalid > 0) column.type.kind = TypeKind::kText;
    }
    return {};
  }

  // SQLite holds rows to their foreign keys only where a program asked for it.
  Status count_orphans() {
    if (table_.foreign_keys.empty()) return {};
    const Lease lease(snapshot_);
    const std::lock_guard lock(lease.mutex());
    auto rows = lease.connection().prepare("PRAGMA foreign_key_check(" +
                                           quote_identifier(table_.name.name) + ")");
    if (!rows) return {};  // a key over columns that are not unique, of which SQLite says no more
    while (true) {
      TRY_ASSIGN(const bool found, rows->step());
      if (!found) return {};
      // inspect lists the last key first, as the pragma does.
      const auto id = static_cast<std::size_t>(rows->integer(3));
      if (id >= table_.foreign_keys.size()) continue;
      ++table_.foreign_keys[table_.foreign_keys.size() - 1 - id].orphans;
    }
  }

  void decide(std::size_t index) {
    Column& column = table_.columns[index];
    const Findings& found = total_[index];
    const std::vector<Reading>& readings = readings_[index];
    const Type promised = readings[0].type;
    column.hazards.clear();
    column.type = promised;
    if (found.too_long) column.type.length_max = 0;
    if (found.other_length) column.type.fixed_length = false;
    if (promised.kind == TypeKind::kNumeric && decide_numeric(found, column)) return;
    const bool loose_numbers = promised.kind == TypeKind::kNumeric &&
                               affinity_of(promised.native_name) != Affinity::kText &&
                               !found.only({SQLITE_TEXT, SQLITE_BLOB});
    if (found.misfits.values == 0 && !loose_numbers) {
      // Text alone that happens to look like numbers stays text, where no type promised them.
      if (promised.kind == TypeKind::kNumeric && found.count(SQLITE_TEXT) > 0 &&
          affinity_of(promised.native_name) != Affinity::kText) {
        column.type.kind = TypeKind::kText;
      }
      // What these numbers need, for targets whose decimals have a limit.
      const int digits = found.whole_digits + found.scale;
      if (column.type.kind == TypeKind::kNumeric && digits <= kDigitsMax) {
        column.type.precision = digits;
        column.type.scale = found.scale;
      }
      return;
    }
    if (found.invalid_utf8.values > 0) {
      return refuse(column, "invalid_utf8", found.invalid_utf8, found);
    }
    for (std::size_t i = 1; i < readings.size(); ++i) {
      if (found.fits[i]) {
        column.type = readings[i].type;
        return;
      }
    }
    const bool decimal = promised.kind == TypeKind::kDecimal;
    if (decimal && found.only({SQLITE_INTEGER, SQLITE_FLOAT})) {
      return refuse(column, "inexact_decimal", found.misfits, found);
    }
    const auto settle = [&](TypeKind kind) {
      column.type = simple_type(kind);
      column.type.native_name = promised.native_name;
    };
    if (found.only({SQLITE_INTEGER})) return settle(TypeKind::kInt64);
    if (found.only({SQLITE_TEXT})) return settle(TypeKind::kText);
    if (found.only({SQLITE_BLOB})) return settle(TypeKind::kBlob);
    if (found.only({SQLITE_FLOAT})) return settle(TypeKind::kFloat64);
    const bool numbers = affinity_of(promised.native_name) == Affinity::kNumeric &&
                         found.only({SQLITE_INTEGER, SQLITE_FLOAT});
    if (numbers && found.inexact_real.values == 0) return settle(TypeKind::kFloat64);
    refuse(column, "mixed_types", rarest(found), found);
  }

  // NUMERIC without parameters promises any number; the values decide between int64 and double.
  // False: these values are not only numbers, or no double equals some of them.
  static bool decide_numeric(const Findings& found, Column& column) {
    if (affinity_of(column.type.native_name) == Affinity::kText) return false;
    if (found.count(SQLITE_INTEGER) + found.count(SQLITE_FLOAT) == 0) return false;
    if (!found.only({SQLITE_INTEGER, SQLITE_FLOAT})) return false;
    const bool whole = found.only({SQLITE_INTEGER});
    if (!whole && found.inexact_real.values > 0) return false;
    column.type.kind = whole ? TypeKind::kInt64 : TypeKind::kFloat64;
    return true;
  }

  static const ClassCount& rarest(const Findings& found) {
    const ClassCount* least = &found.misfits;
    for (const int sqlite_class : kClasses) {
      const ClassCount& count = found.classes[static_cast<std::size_t>(sqlite_class)];
      const bool fewer = least->values == 0 || count.values < least->values;
      if (count.values > 0 && fewer) least = &count;
    }
    return *least;
  }

  static std::string histogram(const Findings& found) {
    std::vector<std::string> parts;
    for (const int sqlite_class : kClasses) {
      if (found.count(sqlite_class) == 0) continue;
      parts.push_back(fmt::format("{} {}", found.count(sqlite_class), class_name(sqlite_class)));
    }
    return join(parts, ", ");
  }

  void refuse(Column& column, const std::string& kind, const ClassCount& values,
              const Findings& found) const {
    const std::string declared =
        column.type.native_name.empty() ? "nothing" : column.type.native_name;
    const std::string what = kind == "invalid_utf8"
                                 ? fmt::format("{} texts are not UTF-8", values.values)
                                 : fmt::format("holds {}", histogram(found));
    column.hazards.push_back(
        {kind,
         fmt::format("\"{}.{}\" is declared {} and {}, for example {}", table_.name.display(),
                     column.name, declared, what, values.first.text),
         kind == "mixed_types" ? std::max(found.misfits.values, values.values) : values.values});
  }

  std::shared_ptr<Snapshot> snapshot_;
  Table& table_;
  Shape shape_;
  std::vector<std::vector<Reading>> readings_;  // by column: the promised one, then the others
  std::vector<Findings> total_;
  std::atomic<std::uint64_t> rows_{0};
  bool try_others_ = false;
};

}  // namespace

Status survey_table(const std::shared_ptr<Snapshot>& snapshot, Table& table) {
  return Surveyor(snapshot, table).run();
}

}  // namespace sluice::sqlite
