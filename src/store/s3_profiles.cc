#include "store/s3_profiles.h"

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::string_view kProfile = "profile ";

std::string section_name(std::string_view line) {
  line = trim(line.substr(1, line.find(']') - 1));
  if (line.starts_with(kProfile)) line = trim(line.substr(kProfile.size()));
  return std::string(line);
}

// "value # comment": a comment begins behind a blank, since a secret can hold a #.
std::string value_of(std::string_view text) {
  for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) {
    text = text.substr(0, text.find(mark));
  }
  return std::string(trim(text));
}

}  // namespace

std::map<std::string, AwsSection> parse_aws_file(std::string_view text) {
  std::map<std::string, AwsSection> sections;
  AwsSection* section = nullptr;
  std::string parent;
  for (const std::string& line : split(text, '\n')) {
    const std::string_view words = trim(line);
    if (words.empty() || words.front() == '#' || words.front() == ';') continue;
    if (words.front() == '[') {
      section = &sections[section_name(words)];
      parent.clear();
      continue;
    }
    const std::size_t equals = words.find('=');
    if (section == nullptr || equals == std::string_view::npos) continue;
    const std::string name = to_lower(trim(words.substr(0, equals)));
    const std::string value = value_of(words.substr(equals + 1));
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (indented && !parent.empty()) {
      (*section)[parent + "." + name] = value;
      continue;
    }
    parent = value.empty() ? name : "";
    (*section)[name] = value;
  }
  return sections;
}

}  // namespace sluice
