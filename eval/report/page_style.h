#pragma once

namespace nf {

/// The look of the page: light, dark, on a phone, in print. Text has a contrast of at least 4.5
/// : 1.
extern const char* const kPageStyle;
/// Whatever the page can do besides being read: it sorts tables, enlarges figures and saves their
/// data. Without it nothing is missing.
extern const char* const kPageScript;

}  // namespace nf
