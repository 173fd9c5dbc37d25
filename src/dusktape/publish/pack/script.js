const sounds=[...document.querySelectorAll('.sound')];
let playing=null,frame=0;
const audioOf=s=>s.querySelector('audio'),buttonOf=s=>s.querySelector('button');
function draw(){
  if(!playing)return;
  const a=audioOf(playing);
  playing.style.setProperty('--at',a.duration?a.currentTime/a.duration:0);
  frame=requestAnimationFrame(draw);
}
function stop(){
  if(!playing)return;
  const s=playing;playing=null;cancelAnimationFrame(frame);
  audioOf(s).pause();s.classList.remove('on');s.style.setProperty('--at',0);
  buttonOf(s).setAttribute('aria-pressed','false');
}
function play(s){
  stop();
  const a=audioOf(s);
  a.currentTime=0;playing=s;s.classList.add('on');s.classList.remove('gone');
  buttonOf(s).setAttribute('aria-pressed','true');
  a.play().catch(()=>{if(playing===s){stop();s.classList.add('gone')}});
  draw();
}
function beside(from,key){
  const here=buttonOf(from).getBoundingClientRect(),at=sounds.indexOf(from);
  if(key==='ArrowLeft')return sounds[at-1];
  if(key==='ArrowRight')return sounds[at+1];
  const down=key==='ArrowDown',middle=here.left+here.width/2;
  let best=null,least=Infinity;
  for(const s of sounds){
    const r=buttonOf(s).getBoundingClientRect(),far=down?r.top-here.top:here.top-r.top;
    if(far<4)continue;
    const cost=far*4+Math.abs(r.left+r.width/2-middle);
    if(cost<least){least=cost;best=s}
  }
  return best;
}
for(const s of sounds){
  buttonOf(s).addEventListener('click',()=>playing===s?stop():play(s));
  audioOf(s).addEventListener('ended',()=>{if(playing===s)stop()});
  buttonOf(s).addEventListener('keydown',e=>{
    if(!e.key.startsWith('Arrow')||e.altKey||e.ctrlKey||e.metaKey)return;
    const next=beside(s,e.key);
    if(!next)return;
    e.preventDefault();buttonOf(next).focus();
  });
}
addEventListener('keydown',e=>{if(e.key==='Escape')stop()});
