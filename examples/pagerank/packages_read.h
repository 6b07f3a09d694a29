/*
 * packages_read.h: Debian's packages as a graph, from what `apt-cache dumpavail` prints.
 *
 *   Package: 0ad-data-common
 *   Depends: fonts-dejavu-core | ttf-dejavu-core, fonts-freefont-ttf (>= 1.0) | ttf-freefont
 *   Pre-Depends: dpkg (>= 1.15.6~)
 *   Description: ...
 *
 * An edge leads from a package to each one that is named in its Depends or Pre-Depends,
 * alternatives included. However often a package is named there, in bounds on its version from both
 * sides or in several records of the same package, it is one edge. What is named and has no record
 * of its own, a virtual package for one, is a vertex like the others.
 */
#ifndef PAGERANK_PACKAGES_READ_H
#define PAGERANK_PACKAGES_READ_H

#include <stdio.h>

#include "common/error.h"
#include "edges.h"
#include "vertices.h"

/* Reads all records. 0, *vertices with names, and edges as pagerank_vertices_number leaves them,
 * both to be deinited; or -1 and why, and both are empty. */
int pagerank_packages_read(struct pagerank_edges *edges, struct pagerank_vertices *vertices,
                           FILE *file, struct example_error *error);

#endif
