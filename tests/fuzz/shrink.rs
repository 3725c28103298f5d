//! Making a difference small: what can be left out is left out.

use super::world::{Node, World};

/// The smallest world found for which `differs` still holds, after at most `tries` questions.
pub fn shrink(world: World, tries: usize, mut differs: impl FnMut(&World) -> bool) -> World {
    let mut best = world;
    let mut left = tries;
    let mut ask = |w: &World| {
        left = left.checked_sub(1)?;
        Some(differs(w))
    };
    // one request shows it, or two that are related
    if best.requests.len() > 1 {
        for i in 0..best.requests.len() {
            let one = World { requests: vec![best.requests[i].clone()], ..best.clone() };
            match ask(&one) {
                Some(true) => {
                    best = one;
                    break;
                }
                Some(false) => {}
                None => return best,
            }
        }
    }
    loop {
        let before = best.clone();
        for size in [8, 4, 2, 1] {
            let mut at = 0;
            while at < parts(&best) {
                let mut smaller = best.clone();
                without(&mut smaller, at, size);
                match ask(&smaller) {
                    Some(true) => best = smaller,
                    Some(false) => at += size,
                    None => return best,
                }
            }
        }
        for smaller in simpler(&best) {
            match ask(&smaller) {
                Some(true) => best = smaller,
                Some(false) => {}
                None => return best,
            }
        }
        if best == before {
            return best;
        }
    }
}

/// How many parts can be left out: files, .htaccess files, directives and sections.
fn parts(world: &World) -> usize {
    let count = |nodes: &[Node]| nodes.iter().map(size).sum::<usize>();
    world.files.len() + count(&world.config) + world.htaccess.iter().map(|h| 1 + count(&h.1)).sum::<usize>()
}

fn size(node: &Node) -> usize {
    match node {
        Node::Lines(_) => 1,
        Node::Section(_, inner) => 1 + inner.iter().map(size).sum::<usize>(),
    }
}

/// Leaves out `count` parts from the `at`th on.
fn without(world: &mut World, at: usize, count: usize) {
    let mut i = 0;
    let mut goes = || {
        i += 1;
        (at..at + count).contains(&(i - 1))
    };
    prune(&mut world.config, &mut goes);
    world.htaccess.retain_mut(|h| {
        let gone = goes();
        prune(&mut h.1, &mut goes);
        !gone
    });
    world.files.retain(|_| !goes());
}

fn prune(nodes: &mut Vec<Node>, goes: &mut dyn FnMut() -> bool) {
    nodes.retain_mut(|node| {
        let gone = goes();
        if let Node::Section(_, inner) = node {
            prune(inner, goes);
        }
        !gone
    });
}

/// Worlds with a request made plainer, a section taken off what is in it, lines taken one by one.
fn simpler(world: &World) -> Vec<World> {
    let mut found = Vec::new();
    for (i, r) in world.requests.iter().enumerate() {
        let mut plainer = vec![r.clone(); 6];
        plainer[0].method = None;
        plainer[1].client = None;
        plainer[2].user = None;
        plainer[3].header = None;
        plainer[4].server = None;
        plainer[5].target = None;
        if let Some(cut) = r.url.find('?') {
            let mut other = r.clone();
            other.url.truncate(cut);
            plainer.push(other);
        }
        if let Some(cut) = r.url.strip_prefix("http://").and_then(|u| u.find('/')) {
            let mut other = r.clone();
            other.url = r.url[7 + cut..].into();
            plainer.push(other);
        }
        for request in plainer.into_iter().filter(|p| p != r) {
            let mut smaller = world.clone();
            smaller.requests[i] = request;
            found.push(smaller);
        }
    }
    let split = |nodes: &[Node]| {
        let mut all = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            let instead: Vec<Node> = match node {
                Node::Section(_, inner) => inner.clone(),
                Node::Lines(lines) if lines.contains('\n') && !lines.contains('<') => {
                    lines.lines().map(|l| Node::Lines(l.into())).collect()
                }
                _ => continue,
            };
            let mut other = nodes.to_vec();
            other.splice(i..=i, instead);
            all.push(other);
        }
        all
    };
    found.extend(split(&world.config).into_iter().map(|config| World { config, ..world.clone() }));
    for (i, (_, nodes)) in world.htaccess.iter().enumerate() {
        for nodes in split(nodes) {
            let mut smaller = world.clone();
            smaller.htaccess[i].1 = nodes;
            found.push(smaller);
        }
    }
    found
}
