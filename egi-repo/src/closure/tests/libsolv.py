"""Says which packages of each primary.xml libsolv, the solver within dnf, can not install: the file, a blank, the package."""

import sys

import solv

for path in sys.argv[1:]:
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch("x86_64")
    repo = pool.add_repo("t")
    index = solv.xfopen(path)
    repo.add_rpmmd(index, None, 0)
    index.close()
    pool.addfileprovides()
    pool.createwhatprovides()
    for package in repo.solvables:
        install = pool.Job(solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE, package.id)
        if pool.Solver().solve([install]):
            print(path, package)
