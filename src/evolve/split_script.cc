#include "evolve/split_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace sluice::evolve {
namespace {

constexpr std::size_t kHeadWords = 8;

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

class Splitter {
 public:
  Splitter(std::string_view text, const SqlWords& words) : text_(text), words_(words) {}

  Result<std::vector<Statement>> split() {
    while (at_ < text_.size()) {
      if (at_line_start() && take_delimiter_line()) continue;
      if (text_.substr(at_).starts_with(delimiter_) && !inside_body()) {
        end_statement();
        at_ += delimiter_.size();
        continue;
      }
      TRY(take_piece());
    }
    if (begin_ != kNone && inside_body()) {
      return fail(unended("a body with BEGIN", line_of(begin_)));
    }
    end_statement();
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kNone = std::string_view::npos;

  bool at_line_start() const { return at_ == 0 || text_[at_ - 1] == '\n'; }
  char next(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  int line_of(std::size_t place) const {
    return 1 + static_cast<int>(
                   std::count(text_.begin(), text_.begin() + static_cast<long>(place), '\n'));
  }

  static Error unended(std::string_view what, int line) {
    return Error(ErrorKind::kInvalid, fmt::format("line {}: {} does not end", line, what));
  }

  bool take_delimiter_line() {
    if (!words_.delimiter_lines || begin_ != kNone) return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = trim(text_.substr(at_, end - at_));
    constexpr std::string_view kWord = "DELIMITER ";
    if (line.size() <= kWord.size() || upper(line.substr(0, kWord.size())) != kWord) return false;
    delimiter_ = trim(line.substr(kWord.size()));
    at_ = end;
    return true;
  }

  // In a trigger or an atomic function a statement ends with "; END ;" alone.
  bool inside_body() const { return words_.bodies && has_body_ && !ended_body_; }

  void end_statement() {
    if (begin_ != kNone) {
      Statement& one = out_.emplace_back();
      one.text = trim(text_.substr(begin_, at_ - begin_));
      one.line = line_of(begin_);
      one.head = join(head_, " ");
    }
    begin_ = kNone;
    head_.clear();
    has_body_ = ended_body_ = false;
    last_word_.clear();
  }

  void begin_statement() {
    if (begin_ == kNone) begin_ = at_;
  }

  // A comment, a quoted text, a word or one character.
  Status take_piece() {
    const char c = next();
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
      return {};
    }
    if (c == '-' && next(1) == '-' && begins_comment()) return skip_line();
    if (c == '#' && words_.hash_comments) return skip_line();
    if (c == '/' && next(1) == '*') return skip_comment();
    begin_statement();
    if (c == '$' && words_.dollar_quotes && take_dollar_quote()) return dollar_status_;
    if (c == '\'') return take_quoted('\'', "a text", words_.backslashes);
    if (c == '"') return take_quoted('"', "a name or text", words_.backslashes);
    if (c == '`' && words_.backticks) return take_quoted('`', "a name", false);
    if (c == '[' && words_.brackets) return take_quoted(']', "a name", false);
    if (is_word_character(c)) return take_word();
    if (c == ';') note_word(";");
    ++at_;
    return {};
  }

  // To MySQL two dashes without a blank behind them are two signs.
  bool begins_comment() const {
    const char after = next(2);
    return !words_.hash_comments || after == '\0' ||
           std::isspace(static_cast<unsigned char>(after)) != 0;
  }

  Status skip_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    return {};
  }

  Status skip_comment() {
    const std::size_t begin = at_;
    int depth = 0;
    // What stands in /*! ... */ is SQL to MySQL, and its first word is the statement's.
    if (words_.hash_comments && next(2) == '!') begin_statement();
    while (at_ < text_.size()) {
      if (next() == '/' && next(1) == '*' && (depth == 0 || words_.nested_comments)) {
        ++depth;
        at_ += 2;
      } else if (next() == '*' && next(1) == '/') {
        at_ += 2;
        if (--depth == 0) return {};
      } else {
        ++at_;
      }
    }
    return fail(unended("a comment", line_of(begin)));
  }

  Status take_quoted(char quote, std::string_view what, bool has_backslashes) {
    const std::size_t begin = at_++;
    while (at_ < text_.size()) {
      if (has_backslashes && next() == '\\') {
        at_ += 2;
      } else if (next() == quote && next(1) == quote) {
        at_ += 2;
      } else if (next() == quote) {
        ++at_;
        note_word("");
        return {};
      } else {
        ++at_;
      }
    }
    return fail(unended(what, line_of(begin)));
  }

  // $$ or $tag$, where that is not a parameter like $1.
  bool take_dollar_quote() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_word_character(text_[end]) && text_[end] != '$') ++end;
    const bool is_tag = end < text_.size() && text_[end] == '$' &&
                        std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) == 0;
    if (!is_tag) return false;
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    dollar_status_ = {};
    if (close == kNone) {
      dollar_status_ = fail(unended(fmt::format("a text in {}", tag), line_of(at_)));
      at_ = text_.size();
      return true;
    }
    at_ = close + tag.size();
    note_word("");
    return true;
  }

  Status take_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word_character(text_[at_]) &&
           !text_.substr(at_).starts_with(delimiter_)) {
      ++at_;
    }
    if (at_ == begin) return {};  // the delimiter itself
    const std::string word = upper(text_.substr(begin, at_ - begin));
    if (word == "E" && words_.escape_strings && next() == '\'') {
      return take_quoted('\'', "a text", true);
    }
    note_word(word);
    return {};
  }

  // What comes next outside of quotes and comments; "" for a quoted text.
  void note_word(const std::string& word) {
    if (head_.size() < kHeadWords && word != ";") head_.push_back(word.empty() ? "?" : word);
    const bool makes_trigger = head_.size() > 1 && head_[0] == "CREATE" &&
                               std::find(head_.begin(), head_.end(), "TRIGGER") != head_.end();
    if (word == "BEGIN" && makes_trigger && !words_.dollar_quotes) has_body_ = true;
    if (word == "ATOMIC" && last_word_ == "BEGIN") has_body_ = true;
    ended_body_ = has_body_ && word == "END" && last_word_ == ";";
    last_word_ = word;
  }

  std::string_view text_;
  const SqlWords& words_;
  std::string delimiter_ = ";";
  std::size_t at_ = 0;
  std::size_t begin_ = kNone;
  std::vector<std::string> head_;
  std::string last_word_;
  bool has_body_ = false;
  bool ended_body_ = false;
  Status dollar_status_;
  std::vector<Statement> out_;
};

}  // namespace

SqlWords words_of(std::string_view system) {
  SqlWords out;
  if (system == "sqlite") {
    out.backticks = out.brackets = out.bodies = true;
  } else if (system == "mysql") {
    out.backslashes = out.backticks = out.hash_comments = out.delimiter_lines = true;
  } else {
    out.dollar_quotes = out.escape_strings = out.nested_comments = true;
    out.bodies = system == "postgres";
  }
  return out;
}

Result<std::vector<Statement>> split_script(std::string_view script, const SqlWords& words) {
  return Splitter(script, words).split();
}

}  // namespace sluice::evolve
