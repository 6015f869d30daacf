// Texts under which numbers of two types can be compared byte by byte: what is one number has one
// text, however long.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

enum class FloatWidth { kSingle, kDouble };

// The one text of a number that is written as people and systems write them: [-]digits[.digits] and
// an exponent where there is one, NaN and the infinities. "1.10" and "11e-1" are "1.1", "-0" is not
// "0". Any other text, one with a leading zero or plus included, as it is.
std::string one_number_text(std::string_view text);

// one_number_text() of the shortest text of the nearest float, where that float stands for `number`
// alone: `number` is what the shortest text says, or all digits of the float. Else that of `number`
// itself. For a float's own text the two agree.
std::string number_beside_float(std::string_view number, FloatWidth width);

}  // namespace sluice
