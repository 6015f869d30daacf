// JSON files of the log: a commit, a compaction or a V2 checkpoint. One action a line ("Delta Log
// Entries"). Actions and fields that are not known are passed over ("Protocol Evolution").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

// Bytes that have to be readable behind a text that is parsed.
inline constexpr std::size_t kJsonPadding = 64;

// A text with that room behind it.
class PaddedText {
 public:
  explicit PaddedText(std::string text) : text_(std::move(text)), size_(text_.size()) {
    text_.resize(size_ + kJsonPadding);
  }
  // Room for a text of that size, to be written through data().
  explicit PaddedText(std::size_t size) : text_(size + kJsonPadding, '\0'), size_(size) {}

  std::string_view view() const { return {text_.data(), size_}; }
  char* data() { return text_.data(); }

 private:
  std::string text_;
  std::size_t size_;
};

// `file`: the name for errors, `first_line` the number in it of the text's first line. Errors:
// kCorrupt with the line and what is wrong in it.
Result<Actions> parse_actions(const PaddedText& text, const std::string& file,
                              std::size_t first_line = 1);

// A compaction, which stands for several versions. Writers that only put their lines one behind the
// other begin with the newest: of what is said of one thing the first counts.
Result<Actions> parse_compacted(const PaddedText& text, const std::string& file);

// Only the commitInfo and how many files come and go: what a history needs.
struct CommitOutline {
  std::optional<CommitInfo> commit_info;
  std::uint64_t adds = 0;
  std::uint64_t removes = 0;
  bool has_metadata = false;
  bool has_protocol = false;
  std::vector<Txn> txns;
};
Result<CommitOutline> parse_outline(const PaddedText& text, const std::string& file);

}  // namespace sluice::delta
