#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "format/records/json_object.h"
#include "ingest/exact_number.h"
#include "ingest/plan_columns.h"
#include "ingest/record_reader.h"
#include "ingest/time_text.h"

namespace sluice::ingest {

using records::JsonKind;
using records::JsonValue;

namespace {

// What the values of a field have been so far; text holds all that nothing else holds.
enum class Guess { kNothing, kBoolean, kInteger, kNumber, kDate, kTime, kInstant, kText, kJson };

bool is_number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  // A leading zero says that it is a name for something, not a number.
  const bool is_name = digits.size() > 1 && digits[0] == '0' && digits[1] != '.' &&
                       digits[1] != 'e' && digits[1] != 'E';
  return !is_name && !text.starts_with('+') && parse_exact(text).has_value();
}

Guess guess_number(std::string_view text) {
  const auto number = parse_exact(text);
  if (!number) return Guess::kNumber;
  const bool has_point = text.find_first_of(".eE") != std::string_view::npos;
  const auto whole = scaled(*number, 0);
  constexpr __int128 kMax = std::numeric_limits<std::int64_t>::max();
  if (has_point || !whole) return Guess::kNumber;
  // Larger ones would lose digits as a double.
  return *whole <= kMax && *whole >= -kMax - 1 ? Guess::kInteger : Guess::kText;
}

Guess guess_text(std::string_view text) {
  const auto time = parse_time_text(text);
  if (!time || time->too_fine || time->nanos % 1000 != 0) return Guess::kText;
  if (!time->has_time) return Guess::kDate;
  return time->offset_seconds ? Guess::kInstant : Guess::kTime;
}

Guess guess_of(const JsonValue& value, bool is_csv) {
  switch (value.kind) {
    case JsonKind::kNull:
      return Guess::kNothing;
    case JsonKind::kTrue:
    case JsonKind::kFalse:
      return Guess::kBoolean;
    case JsonKind::kObject:
    case JsonKind::kArray:
      return Guess::kJson;
    case JsonKind::kString:
      return value.is_escaped ? Guess::kText : guess_text(value.text);
    default:
      break;
  }
  if (!is_csv) return guess_number(value.text);
  const std::string lower = to_lower(value.text);
  if (lower == "true" || lower == "false") return Guess::kBoolean;
  return is_number(value.text) ? guess_number(value.text) : guess_text(value.text);
}

Guess widened(Guess a, Guess b) {
  if (a == b || b == Guess::kNothing) return a;
  if (a == Guess::kNothing) return b;
  const auto both = [&](Guess x, Guess y) { return (a == x && b == y) || (a == y && b == x); };
  if (both(Guess::kInteger, Guess::kNumber)) return Guess::kNumber;
  // A time without an offset is one of UTC beside others that have one.
  if (both(Guess::kTime, Guess::kInstant)) return Guess::kInstant;
  if (both(Guess::kDate, Guess::kTime)) return Guess::kTime;
  if (both(Guess::kDate, Guess::kInstant)) return Guess::kInstant;
  return Guess::kText;
}

Type type_of(Guess guess) {
  switch (guess) {
    case Guess::kBoolean:
      return simple_type(TypeKind::kBoolean);
    case Guess::kInteger:
      return simple_type(TypeKind::kInt64);
    case Guess::kNumber:
      return simple_type(TypeKind::kFloat64);
    case Guess::kDate:
      return simple_type(TypeKind::kDate);
    case Guess::kTime:
      return simple_type(TypeKind::kTimestamp);
    case Guess::kInstant:
      return simple_type(TypeKind::kTimestampTz);
    case Guess::kJson:
      return simple_type(TypeKind::kJson);
    default:
      return simple_type(TypeKind::kText);
  }
}

class Guesses {
 public:
  void add(const Record& record, bool is_csv) {
    for (std::size_t i = 0; i < record.fields.size(); ++i) {
      const records::JsonField& field = record.fields[i];
      Guess& guess = of(field.name, i);
      if (guess != Guess::kText) guess = widened(guess, guess_of(field.value, is_csv));
    }
  }

  ColumnPlan plan() const {
    ColumnPlan out;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      PlannedColumn& column = out.emplace_back();
      column.name = names_[i];
      column.type = type_of(guesses_[i]);
      column.origin = "inferred";
    }
    return out;
  }

 private:
  Guess& of(const JsonValue& name, std::size_t place) {
    if (place < names_.size() && names_[place] == name.text) return guesses_[place];
    std::string plain;
    if (name.is_escaped) records::unescape(name.text, plain);
    const std::string text = name.is_escaped ? plain : std::string(name.text);
    const auto [at, is_new] = by_name_.try_emplace(to_lower(text), names_.size());
    if (is_new) {
      names_.push_back(text);
      guesses_.push_back(Guess::kNothing);
    }
    return guesses_[at->second];
  }

  std::vector<std::string> names_;
  std::vector<Guess> guesses_;
  std::map<std::string, std::size_t> by_name_;
};

Status look_through(const Input& input, std::size_t index, Guesses& guesses) {
  TRY_ASSIGN(const auto reader, open_records(input, {.input = index}));
  Record record;
  while (true) {
    TRY_ASSIGN(const bool any, reader->next(record));
    if (!any) return {};
    if (record.problem.empty()) guesses.add(record, input.shape == InputShape::kCsv);
  }
}

Error no_columns(const std::vector<Input>& inputs) {
  constexpr std::string_view kSo = ", so no columns can be told from them";
  for (const Input& input : inputs) {
    if (input.broken.empty()) continue;
    return Error(ErrorKind::kCorrupt, fmt::format("{}: {}{}", input.name, input.broken, kSo))
        .about(input.name)
        .advise("get this input again, or leave it out");
  }
  if (inputs.empty()) {
    return Error(ErrorKind::kCorrupt, fmt::format("there is no input{}", kSo))
        .advise(
            "check the path; where files are yet to come, run it again when the first is there: "
            "the table is made with its rows");
  }
  return Error(ErrorKind::kCorrupt, fmt::format("the inputs have no row{}", kSo))
      .advise("make the table first, or give its columns with --map");
}

}  // namespace

Result<ColumnPlan> infer_columns(std::vector<Input>& inputs) {
  Guesses guesses;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].broken.empty()) continue;
    Guesses with = guesses;  // what a broken input says does not count
    const Status done = look_through(inputs[i], i, with);
    if (!done && done.error().kind != ErrorKind::kCorrupt) return fail(done.error());
    if (!done) {
      inputs[i].broken = done.error().message;
    } else {
      guesses = std::move(with);
    }
  }
  ColumnPlan plan = guesses.plan();
  if (!plan.empty()) return plan;
  return fail(no_columns(inputs));
}

}  // namespace sluice::ingest
