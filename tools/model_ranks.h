/*
 * model_ranks.h: what a round should cost on more ranks than are at hand. Modelled, not measured.
 */
#ifndef SYNCHED_TOOLS_MODEL_RANKS_H
#define SYNCHED_TOOLS_MODEL_RANKS_H

/* The program's exit code, for the arguments behind "ranks". */
int model_ranks(int argc, char **argv);

extern const char model_ranks_usage[];

#endif
