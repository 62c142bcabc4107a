#pragma once

#include <string_view>

namespace herd::server {

// Whoever answers at the address of a neighbour that is down is sent a MAC, and may try secrets
// against it on his own machines, billions in a second. So a secret must not be found by trying.
inline constexpr double kSecretBitsMin = 64;

// How many bits a secret is worth, at most, to one who knows how people make them. Characters count
// by what all of them are: 4 bits where they are lower-case or upper-case hexadecimal digits, 5
// where capitals, small letters and digits are mixed, else 3.3 a digit and 2 any other, as in
// words. One that continues a run (aaa, 123, 864) or a piece that came before counts nothing.
double SecretBits(std::string_view secret);

}  // namespace herd::server
