#pragma once

#include "eval/experiment/trial.h"

namespace nf {

/// Refuses what `execute: integer` cannot run, at the first entry that is in its way: a linear runs
/// in integers where both its weight and its input are rounded, once, to integers of one scale a
/// row, under the same scales of the features; all that the trial distorts must be of such a
/// linear. trial: one with execute: integer  node: as written
void check_integers(const Trial& trial, const ConfigNode& node, const DecoderSpec& spec,
                    ConfigErrors& errors);

/// The first linear of a trial whose products 8 by 8 bits would be wrong on a CPU that adds up two
/// of them in 16 bits; empty where there is none. trial: one that check_integers() has passed
std::string saturating_linear(const Trial& trial, const DecoderSpec& spec);

}  // namespace nf
