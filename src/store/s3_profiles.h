// ~/.aws/config and ~/.aws/credentials: sections of NAME = VALUE lines.
//
//   [profile shop]                       in config; [shop] in credentials, [default] in both
//   region = eu-west-1
//   s3 =
//     addressing_style = path            indented: "s3.addressing_style" here
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sluice {

using AwsSection = std::map<std::string, std::string>;  // names in lower case

// Section to its lines; a "profile " in front of a section's name is taken away. A line that is
// none is passed over, as Amazon's own programs do.
std::map<std::string, AwsSection> parse_aws_file(std::string_view text);

}  // namespace sluice
