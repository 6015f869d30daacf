// The XML of S3's answers as a tree: elements, text, entities, CDATA. Attributes, comments and the
// prolog are passed over; a document type is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

struct XmlElement {
  std::string name;  // without its namespace's prefix
  std::string text;
  std::vector<XmlElement> children;

  const XmlElement* find(std::string_view child) const;  // the first, or null
  std::string value(std::string_view child) const;       // its text; "" where there is none
};

// Errors: kCorrupt for what is no XML, ends too early or is nested more than 16 deep.
Result<XmlElement> parse_xml(std::string_view text);

}  // namespace sluice
